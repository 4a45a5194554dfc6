// Relay: read a tree, check in, follow it over a websocket; the store moves each time. The server knows the documents.
// OKR_URL and OKR_TOKEN name a server with the demo data, started with OKR_TRUSTED_DOCUMENTS=examples/relay/persisted.json.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getRequest,
  requestSubscription,
  type GraphQLTaggedNode,
  type MutationParameters,
} from "relay-runtime";
import { environment, socket } from "./environment.ts";
import CheckIn, { type TreeCheckInMutation } from "./__generated__/TreeCheckInMutation.graphql.ts";
import Progress, { type TreeProgressSubscription } from "./__generated__/TreeProgressSubscription.graphql.ts";
import Tree, { type TreeQuery } from "./__generated__/TreeQuery.graphql.ts";
import Root, { type TreeRootQuery } from "./__generated__/TreeRootQuery.graphql.ts";

function commit<M extends MutationParameters>(mutation: GraphQLTaggedNode, variables: M["variables"]) {
  return new Promise<M["response"]>((resolve, reject) => {
    commitMutation<M>(environment, { mutation, variables, onCompleted: resolve, onError: reject });
  });
}

const found = await fetchQuery<TreeRootQuery>(environment, Root, { externalId: "easiest-to-book" }).toPromise();
const root = found!.objective!.id;
await fetchQuery<TreeQuery>(environment, Tree, { root }).toPromise();
const tree = createOperationDescriptor(getRequest(Tree), { root });
environment.retain(tree);

function cached() {
  const data = environment.lookup(tree.fragment).data as TreeQuery["response"];
  const top = data.objectiveTree!.roots[0]!;
  const keyResults = top.children.flatMap((child) => child.keyResults);
  return { top: top.progress, keyResult: keyResults.find(({ externalId }) => externalId === "under-a-minute")! };
}

const before = cached();
assert.equal(typeof before.top, "number");

// Check in, and retry with the same key: it is applied once.
const value = before.keyResult.currentValue === 60 ? 59 : 60;
const input = { keyResult: { id: before.keyResult.id }, value, idempotencyKey: randomUUID() };
const first = (await commit<TreeCheckInMutation>(CheckIn, { input })).checkInRecord!;
assert.deepEqual(first.errors, []);
const again = (await commit<TreeCheckInMutation>(CheckIn, { input })).checkInRecord!;
assert.deepEqual([again.replayed, again.seq], [true, first.seq]);

const afterCheckIn = cached();
assert.equal(afterCheckIn.keyResult.currentValue, value);
assert.notEqual(afterCheckIn.top, before.top);

// Another client checks in; the event contains what changed, and the store is updated without another query.
await fetch(process.env["OKR_URL"]!, {
  method: "POST",
  headers: { authorization: `Bearer ${process.env["OKR_TOKEN"]}`, "content-type": "application/json" },
  body: JSON.stringify({
    documentId: getRequest(CheckIn).params.id,
    variables: { input: { keyResult: { externalId: "under-a-minute" }, value: 50, idempotencyKey: randomUUID() } },
  }),
});
const event = await new Promise<TreeProgressSubscription["response"]>((resolve, reject) => {
  requestSubscription<TreeProgressSubscription>(environment, {
    subscription: Progress,
    variables: { root, after: first.seq },
    onNext: (data) => resolve(data!),
    onError: reject,
  });
});
assert.equal(event.progressChanged.seq, first.seq + 1);

const afterEvent = cached();
assert.equal(afterEvent.keyResult.currentValue, 50);
assert.notEqual(afterEvent.top, afterCheckIn.top);

console.log(`${before.top} → ${afterCheckIn.top} by a check-in → ${afterEvent.top} by an event`);
await socket.dispose();
process.exit(0);
