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

// Subscriptions, twice. `progressChanged` is as its documentation shows them: the notification says what has
// changed, and each subscriber's event is read from the tables, as whoever subscribed. `progressTold` has all that
// is asked for in the notification, so an event costs no statement: the least that it can do, and no permission.
const Progress = extendSchema((build) => {
  const { check_in: checkIns } = build.input.pgRegistry.pgResources;
  const subscribePlan = (_$root, { $objectiveId }) => {
    const $topic = lambda($objectiveId, (id) => `progress:${id}`);
    return listen(context().get("pgSubscriber"), $topic, jsonParse);
  };
  return {
    typeDefs: /* GraphQL */ `
      extend type Subscription {
        progressChanged(objectiveId: UUID!): ProgressChange
        progressTold(objectiveId: UUID!): ProgressToldChange
      }
      type ProgressChange {
        checkIn: CheckIn
      }
      type ProgressToldChange {
        seq: Int
        deltas: [ProgressToldDelta!]
      }
      type ProgressToldDelta {
        nodeId: UUID
        after: Float
      }
    `,
    objects: {
      Subscription: {
        plans: {
          progressChanged: { subscribePlan, plan: ($event) => $event },
          progressTold: { subscribePlan, plan: ($event) => $event },
        },
      },
      ProgressChange: {
        plans: {
          checkIn: ($event) =>
            checkIns.get({ organization_id: get($event, "organizationId"), id: get($event, "id") }),
        },
      },
      ProgressToldChange: {
        plans: { seq: ($event) => get($event, "seq"), deltas: ($event) => get($event, "deltas") },
      },
      ProgressToldDelta: {
        plans: { nodeId: ($delta) => get($delta, "nodeId"), after: ($delta) => get($delta, "after") },
      },
    },
  };
});

/** @type {GraphileConfig.Preset} */
export default {
  extends: [PostGraphileAmberPreset],
  plugins: [Progress],
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
