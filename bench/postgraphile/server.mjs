// One worker of PostGraphile on Node's own HTTP server.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import preset from "./graphile.config.mjs";

const server = createServer();
const serv = postgraphile(preset).createServ(grafserv);
await serv.addTo(server);
server.listen({ host: "127.0.0.1", port: Number(process.env.BENCH_PORT), backlog: 2048 });
process.on("SIGTERM", () => process.exit(0));
