// Subscriptions over plain HTTP: node streams.mjs URL TOKEN CLIENT COUNT prints what the client is told, a line each.
// It says "ready" first. CLIENT is graphql-sse or urql; urql asks a query before, with the same headers.
import { Client, fetchExchange } from "@urql/core";
import { createClient } from "graphql-sse";

const [url, token, client, count] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };
const changes = "subscription { changes { seq kind } }";
let left = Number(count);

function told(data) {
  console.log(JSON.stringify(data));
  left -= 1;
  if (left === 0) process.exit(0);
}

if (client === "graphql-sse") {
  const sse = createClient({ url, headers });
  for await (const answer of sse.iterate({ query: "{ seq }" })) console.log(JSON.stringify(answer.data));
  console.log("ready");
  for await (const event of sse.iterate({ query: changes })) told(event.data ?? event);
} else {
  const urql = new Client({
    url,
    exchanges: [fetchExchange],
    fetchOptions: { headers },
    fetchSubscriptions: true,
    preferGetMethod: false,
  });
  const answer = await urql.query("{ seq }", {}).toPromise();
  console.log(JSON.stringify(answer.data));
  console.log("ready");
  urql.subscription(changes, {}).subscribe((event) => told(event.data ?? { error: String(event.error) }));
}
