// Apollo Client 4: read a tree, check in, follow it over a websocket; the normalised cache moves each time.
// OKR_URL and OKR_TOKEN name a server with the demo data (make run).
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { possibleTypes } from "./possible-types.mjs";

const { OKR_URL: url, OKR_TOKEN: token } = process.env;
const authorization = `Bearer ${token}`;

const sent = []; // whether each request carried the text of its document, or only its hash
const { fetch: send } = globalThis;
globalThis.fetch = (address, options) => {
  sent.push("query" in JSON.parse(options.body) ? "text" : "hash");
  return send(address, options);
};

const socket = createClient({ url: url.replace(/^http/, "ws"), connectionParams: { authorization } });
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const client = new ApolloClient({
  cache: new InMemoryCache({ possibleTypes }),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    ApolloLink.from([
      new PersistedQueryLink({ sha256 }),
      new HttpLink({ uri: url, headers: { authorization } }),
    ]),
  ),
});

const NUMBERS = gql`
  fragment Numbers on Measured {
    id
    externalId
    progress
    status
    ... on KeyResult { currentValue }
  }
`;
const ROOT = gql`
  query Root($externalId: String!) {
    objective(externalId: $externalId) { id }
  }
`;
const TREE = gql`
  query Tree($root: ID!) {
    objectiveTree(rootId: $root) {
      seq
      roots { ...Numbers children { ...Numbers keyResults { ...Numbers } } }
    }
  }
  ${NUMBERS}
`;
const CHECK_IN = gql`
  mutation CheckIn($input: CheckInRecordInput!) {
    checkInRecord(input: $input) {
      seq
      replayed
      errors { code message path }
      deltas { node { ...Numbers } }
    }
  }
  ${NUMBERS}
`;
const FOLLOW = gql`
  subscription Follow($root: ID!, $after: Seq!) {
    progressChanged(objectiveId: $root, after: $after) {
      seq
      deltas { node { ...Numbers } }
    }
  }
  ${NUMBERS}
`;

const root = (await client.query({ query: ROOT, variables: { externalId: "easiest-to-book" } })).data.objective.id;
const tree = { query: TREE, variables: { root } };
await client.query(tree);
await client.query({ ...tree, fetchPolicy: "network-only" });
assert.equal(sent.at(-1), "hash"); // the server knows the document by now

function cached() {
  const [top] = client.readQuery(tree).objectiveTree.roots;
  const keyResults = top.children.flatMap((child) => child.keyResults);
  return { top: top.progress, keyResult: keyResults.find(({ externalId }) => externalId === "under-a-minute") };
}

const before = cached();
assert.equal(typeof before.top, "number");

// Check in, and retry with the same key: it is applied once.
const value = before.keyResult.currentValue === 60 ? 59 : 60;
const input = { keyResult: { id: before.keyResult.id }, value, idempotencyKey: randomUUID() };
const checkIn = { mutation: CHECK_IN, variables: { input } };
const first = (await client.mutate(checkIn)).data.checkInRecord;
assert.deepEqual(first.errors, []);
const again = (await client.mutate(checkIn)).data.checkInRecord;
assert.deepEqual([again.replayed, again.seq], [true, first.seq]);

const afterCheckIn = cached();
assert.equal(afterCheckIn.keyResult.currentValue, value);
assert.notEqual(afterCheckIn.top, before.top);

// Another client checks in; the event contains what changed, and the cache is updated without another query.
await fetch(url, {
  method: "POST",
  headers: { authorization, "content-type": "application/json" },
  body: JSON.stringify({
    query: "mutation ($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq } }",
    variables: { input: { keyResult: { externalId: "under-a-minute" }, value: 50, idempotencyKey: randomUUID() } },
  }),
});
const events = client.subscribe({ query: FOLLOW, variables: { root, after: first.seq } });
const event = await new Promise((next, error) => events.subscribe({ next, error }));
assert.equal(event.data.progressChanged.seq, first.seq + 1);

const afterEvent = cached();
assert.equal(afterEvent.keyResult.currentValue, 50);
assert.notEqual(afterEvent.top, afterCheckIn.top);

// An operation that is rejected has an error with a code.
const tooMany = gql`query TooMany { objectives(first: 1000) { totalCount } }`;
const { error } = await client.query({ query: tooMany, errorPolicy: "all" });
assert(CombinedGraphQLErrors.is(error));
assert.equal(error.errors[0].extensions.code, "INVALID_INPUT");

console.log(`${before.top} → ${afterCheckIn.top} by a check-in → ${afterEvent.top} by an event`);
client.stop();
await socket.dispose();
