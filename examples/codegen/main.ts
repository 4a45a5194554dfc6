// graphql-request, typed by GraphQL Code Generator's client preset: read a tree and check in.
// OKR_URL and OKR_TOKEN name a server with the demo data (make run).
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { GraphQLClient } from "graphql-request";
import { graphql } from "./gql/gql.ts";
import type { CheckInRecordInput, EntityRef } from "./gql/graphql.ts";

const client = new GraphQLClient(process.env["OKR_URL"]!, {
  headers: { authorization: `Bearer ${process.env["OKR_TOKEN"]}` },
});

const ROOT = graphql(`
  query Root($externalId: String!) {
    objective(externalId: $externalId) { id }
  }
`);
const TREE = graphql(`
  query Tree($root: ID!) {
    objectiveTree(rootId: $root) {
      seq
      roots { title progress status children { title progress keyResults { id externalId currentValue } } }
    }
  }
`);
const CHECK_IN = graphql(`
  mutation CheckIn($input: CheckInRecordInput!) {
    checkInRecord(input: $input) {
      seq
      replayed
      errors { code message path }
      checkIn { value effectiveAt keyResult { progress } }
      deltas { progressBefore progressAfter node { __typename id } }
    }
  }
`);

const { objective } = await client.request(ROOT, { externalId: "easiest-to-book" });
const { objectiveTree } = await client.request(TREE, { root: objective!.id });
const [top] = objectiveTree!.roots;
const keyResults = top!.children.flatMap((child) => child.keyResults);
const keyResult = keyResults.find(({ externalId }) => externalId === "under-a-minute")!;

// Check in, and retry with the same key: it is applied once.
const input: CheckInRecordInput = {
  keyResult: { id: keyResult.id },
  value: keyResult.currentValue === 60 ? 59 : 60,
  idempotencyKey: randomUUID(),
};
const { checkInRecord: first } = await client.request(CHECK_IN, { input });
assert.deepEqual(first!.errors, []);
const { checkInRecord: again } = await client.request(CHECK_IN, { input });
assert.deepEqual([again!.replayed, again!.seq], [true, first!.seq]);

// The types are the schema's: a scalar is what it is in JSON, and a reference is an id or an external id.
const seq: number = first!.seq;
const recorded: string = first!.checkIn!.effectiveAt;
assert(seq > objectiveTree!.seq && recorded.endsWith("Z"));
// @ts-expect-error  not both
const wrong: EntityRef = { id: keyResult.id, externalId: "under-a-minute" };
await assert.rejects(client.request(CHECK_IN, { input: { keyResult: wrong, value: 1 } }), /BAD_USER_INPUT/);

const after = await client.request(TREE, { root: objective!.id });
const moved = after.objectiveTree!.roots[0]!;
assert.notEqual(moved.progress, top!.progress);
assert.equal(first!.deltas.at(-1)!.progressAfter, moved.progress);

console.log(`${top!.title}: ${top!.progress} → ${moved.progress}`);
