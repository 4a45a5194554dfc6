// PostGraphile as its documentation recommends it, set for speed where it can be:
//
// - the Amber preset, the base of every production schema; nothing optional on top of it
// - simple lists instead of connections: fewer wrappers, no cursors
// - `outputDataAsString`: the answer is put together as text, without objects in between
// - prepared statements and cached plans, documents and validations, which are on by default
// - a pool as large as ours; no pgSettings, so no transaction around reads
// - no GraphiQL, no explaining, no watching; NODE_ENV and GRAPHILE_ENV are "production"
import { makePgService } from "postgraphile/adaptors/pg";
import { context, lambda, listen, get } from "postgraphile/grafast";
import { jsonParse } from "postgraphile/@dataplan/json";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { extendSchema } from "postgraphile/utils";

// Subscriptions as its documentation shows them: LISTEN on a topic, the payload parsed and handed on.
// Everything that is asked for is in the payload: an event costs no statement.
const ProgressChanged = extendSchema(() => ({
  typeDefs: /* GraphQL */ `
    extend type Subscription {
      progressChanged(objectiveId: UUID!): ProgressChange
    }
    type ProgressChange {
      seq: Int
      deltas: [ProgressDelta!]
    }
    type ProgressDelta {
      nodeId: UUID
      after: Float
    }
  `,
  objects: {
    Subscription: {
      plans: {
        progressChanged: {
          subscribePlan(_$root, { $objectiveId }) {
            const $topic = lambda($objectiveId, (id) => `progress:${id}`);
            return listen(context().get("pgSubscriber"), $topic, jsonParse);
          },
          plan: ($event) => $event,
        },
      },
    },
    ProgressChange: {
      plans: { seq: ($event) => get($event, "seq"), deltas: ($event) => get($event, "deltas") },
    },
    ProgressDelta: {
      plans: { nodeId: ($delta) => get($delta, "nodeId"), after: ($delta) => get($delta, "after") },
    },
  },
}));

/** @type {GraphileConfig.Preset} */
export default {
  extends: [PostGraphileAmberPreset],
  plugins: [ProgressChanged],
  pgServices: [
    makePgService({
      connectionString: process.env.BENCH_DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: Number(process.env.BENCH_CONNECTIONS) },
    }),
  ],
  schema: { defaultBehavior: "-connection +list", dontSwallowErrors: true },
  grafast: { explain: false },
  grafserv: {
    graphiql: false,
    graphiqlOnGraphQLGET: false,
    outputDataAsString: true,
    websockets: true,
    watch: false,
  },
};
