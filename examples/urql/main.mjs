// urql with graphcache: read a tree, check in, follow it as an event stream; the normalised cache moves each time.
// OKR_URL and OKR_TOKEN name a server with the demo data (make run).
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Client, fetchExchange, gql } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { schema, withoutId } from "./schema.mjs";

const { OKR_URL: url, OKR_TOKEN: token } = process.env;
const warnings = [];

const cache = cacheExchange({
  schema,
  keys: Object.fromEntries(withoutId.map((name) => [name, () => null])),
  logger: (_, message) => warnings.push(message),
});
const client = new Client({
  url,
  exchanges: [cache, fetchExchange],
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
  fetchSubscriptions: true,
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

async function data(answer) {
  const { data: given, error } = await answer;
  if (error) throw error;
  return given;
}

const root = (await data(client.query(ROOT, { externalId: "easiest-to-book" }))).objective.id;
await data(client.query(TREE, { root }));

function cached() {
  const answer = client.readQuery(TREE, { root }, { requestPolicy: "cache-only" });
  const [top] = answer.data.objectiveTree.roots;
  const keyResults = top.children.flatMap((child) => child.keyResults);
  return { top: top.progress, keyResult: keyResults.find(({ externalId }) => externalId === "under-a-minute") };
}

const before = cached();
assert.equal(typeof before.top, "number");

// Check in, and retry with the same key: it is applied once.
const value = before.keyResult.currentValue === 60 ? 59 : 60;
const input = { keyResult: { id: before.keyResult.id }, value, idempotencyKey: randomUUID() };
const first = (await data(client.mutation(CHECK_IN, { input }))).checkInRecord;
assert.deepEqual(first.errors, []);
const again = (await data(client.mutation(CHECK_IN, { input }))).checkInRecord;
assert.deepEqual([again.replayed, again.seq], [true, first.seq]);

const afterCheckIn = cached();
assert.equal(afterCheckIn.keyResult.currentValue, value);
assert.notEqual(afterCheckIn.top, before.top);

// Another client checks in; the event contains what changed, and the cache is updated without another query.
await fetch(url, {
  method: "POST",
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  body: JSON.stringify({
    query: "mutation ($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq } }",
    variables: { input: { keyResult: { externalId: "under-a-minute" }, value: 50, idempotencyKey: randomUUID() } },
  }),
});
const event = await new Promise((resolve) => {
  const { unsubscribe } = client.subscription(FOLLOW, { root, after: first.seq }).subscribe((answer) => {
    resolve(answer);
    queueMicrotask(() => unsubscribe());
  });
});
assert.equal((await data(event)).progressChanged.seq, first.seq + 1);

const afterEvent = cached();
assert.equal(afterEvent.keyResult.currentValue, 50);
assert.notEqual(afterEvent.top, afterCheckIn.top);
assert.deepEqual(warnings, []);

console.log(`${before.top} → ${afterCheckIn.top} by a check-in → ${afterEvent.top} by an event`);
process.exit(0);
