// Apollo Client 4 as a frontend sets it up: node apollo.mjs URL TOKEN OBJECTIVE KEY_RESULT prints what it met, as JSON.
// Documents are persisted, subscriptions go over a websocket, and the cache follows what mutations and events tell.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";

const [url, token, objective, keyResult] = process.argv.slice(2);
const authorization = `Bearer ${token}`;
const sent = [];

function counted(address, options) {
  sent.push(Object.keys(JSON.parse(options.body)).includes("query") ? "text" : "hash");
  return fetch(address, options);
}

const http = new HttpLink({ uri: url, headers: { authorization }, fetch: counted });
const persisted = new PersistedQueryLink({ sha256: (text) => createHash("sha256").update(text).digest("hex") });
const socket = createClient({ url: url.replace("http", "ws"), connectionParams: { authorization } });
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    ApolloLink.from([persisted, http]),
  ),
});

const QUERY = gql`
  query Objective($id: ID!) {
    seq
    objective(id: $id) { id title progress keyResults { id currentValue progress } }
  }
`;
const CHECK_IN = gql`
  mutation CheckIn($input: CheckInRecordInput!) {
    checkInRecord(input: $input) {
      seq
      errors { code message path }
      checkIn { id keyResult { id currentValue progress objective { id progress } } }
    }
  }
`;
const FOLLOW = gql`
  subscription Follow($id: ID!, $after: Seq) {
    progressChanged(objectiveId: $id, after: $after) {
      seq
      deltas { node { ... on Objective { id progress } ... on KeyResult { id currentValue progress } } }
    }
  }
`;

const variables = { id: objective };
const known = () => client.readQuery({ query: QUERY, variables }).objective;
const found = { first: (await client.query({ query: QUERY, variables })).data.objective };
await client.query({ query: QUERY, variables, fetchPolicy: "network-only" });
found.queries = sent.splice(0);

const input = { keyResult: { id: keyResult }, value: 7, idempotencyKey: "apollo" };
const done = await client.mutate({ mutation: CHECK_IN, variables: { input } });
found.mutation = done.data.checkInRecord.errors;
found.afterMutation = known();

const { seq } = done.data.checkInRecord;
const byAnother = { keyResult: { id: keyResult }, value: 9 };
await fetch(url, {
  method: "POST",
  headers: { authorization, "content-type": "application/json" },
  body: JSON.stringify({
    query: "mutation ($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq } }",
    variables: { input: byAnother },
  }),
});
const events = client.subscribe({ query: FOLLOW, variables: { ...variables, after: seq } });
const told = new Promise((resolve, reject) => events.subscribe({ next: resolve, error: reject }));
found.event = (await told).data.progressChanged.seq - seq;
found.afterEvent = known();

const wrong = gql`query Wrong { objectives(first: 1000) { totalCount } }`;
const { error } = await client.query({ query: wrong, errorPolicy: "all" });
found.refused = CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code;
console.log(JSON.stringify(found));
await socket.dispose();
client.stop();
process.exit(0);
