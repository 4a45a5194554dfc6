// A subscription over an event stream that is cut and resumed: node resumes.mjs URL TOKEN AFTER COUNT prints the seq of each
// change, a line each. Every attempt sends the same request; where it goes on stands in Last-Event-ID alone.
import { createClient } from "graphql-sse";

const [url, token, after, count] = process.argv.slice(2);
let last;
const client = createClient({
  url,
  headers: () => ({ authorization: `Bearer ${token}`, ...(last && { "last-event-id": String(last) }) }),
  retry: async () => {},
});
const request = { query: "subscription ($after: Seq) { changes(after: $after) { seq } }", variables: { after: Number(after) } };
let left = Number(count);
for await (const event of client.iterate(request)) {
  if (event.errors) throw new Error(JSON.stringify(event.errors));
  last = event.data.changes.seq;
  console.log(last);
  left -= 1;
  if (left === 0) process.exit(0);
}
