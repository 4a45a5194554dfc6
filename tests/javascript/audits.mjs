// The audits of GraphQL over HTTP, as its authors wrote them: node audits.mjs URL TOKEN prints each with its outcome.
import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);
const audits = serverAudits({
  url,
  fetchFn: (address, options = {}) =>
    fetch(address, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } }),
});
const outcomes = [];
for (const audit of audits) {
  const { status, reason } = await audit.fn();
  outcomes.push({ id: audit.id, name: audit.name, status, reason });
}
console.log(JSON.stringify(outcomes));
