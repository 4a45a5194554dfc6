// What Apollo Client 4 tells of requests that are refused before execution: node refusals.mjs URL TOKEN SPENT prints the
// code that it finds under each status, as JSON. SPENT is a token that has asked for more than its share.
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";

const [url, token, spent] = process.argv.slice(2);
const json = "application/json";
const large = JSON.stringify({ query: "{ seq }", variables: { text: "x".repeat(2 ** 20) } });
const changes = {
  401: { token: "okr_nobody" },
  429: { token: spent },
  400: { body: "{" },
  405: { method: "PUT" },
  413: { body: large },
  415: { type: "text/plain" },
};

async function codeOf({ token: carried = token, type = json, ...change }) {
  let status;
  async function changed(address, options) {
    const headers = { ...options.headers, "content-type": type, authorization: `Bearer ${carried}` };
    const response = await fetch(address, { ...options, ...change, headers });
    status = response.status;
    return response;
  }
  const client = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: url, fetch: changed }) });
  const { error } = await client.query({ query: gql`{ seq }`, errorPolicy: "all" });
  client.stop();
  return [status, CombinedGraphQLErrors.is(error) ? error.errors[0].extensions.code : String(error)];
}

console.log(JSON.stringify(await Promise.all(Object.values(changes).map(codeOf))));
process.exit(0);
