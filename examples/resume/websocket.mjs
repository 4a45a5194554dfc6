// Follow every change over a websocket and miss none: node websocket.mjs [COUNT]. While it runs, kill the server and start
// it again. OKR_URL and OKR_TOKEN name a server with the demo data (make run). It ends after COUNT changes, if given.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createClient } from "graphql-ws";
import { CHECK_IN, SNAPSHOT, ask } from "./http.mjs";

const { OKR_URL: url, OKR_TOKEN: token } = process.env;
const count = Number(process.argv[2] ?? Infinity);

const client = createClient({
  url: url.replace(/^http/, "ws"),
  connectionParams: { authorization: `Bearer ${token}` },
  shouldRetry: ({ code }) => code !== 4403, // 4403: the token is not valid
  retryAttempts: Infinity,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 100 + 200 * Math.random())),
});

const snapshot = await ask(SNAPSHOT, { externalId: "easiest-to-book" });
assert.equal(typeof snapshot.objective.progress, "number");

const request = {
  query: "subscription ($after: Seq!) { changes(after: $after) { seq kind } }",
  variables: { after: snapshot.seq },
};
const followed = new Promise((resolve, reject) => {
  client.subscribe(request, {
    next({ data }) {
      const { seq, kind } = data.changes;
      if (seq !== request.variables.after + 1) return reject(new Error(`${seq} came after ${request.variables.after}`));
      request.variables.after = seq; // sent with the next attempt after a lost connection
      console.log(seq, kind);
      if (seq === snapshot.seq + count) resolve();
    },
    error: reject,
    complete: () => reject(new Error("the server ended the subscription")),
  });
});

const input = { keyResult: { externalId: "under-a-minute" }, value: 60, idempotencyKey: randomUUID() };
const { checkInRecord } = await ask(CHECK_IN, { input });
assert.deepEqual(checkInRecord.errors, []);

await followed;
await client.dispose();
