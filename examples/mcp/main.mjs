// Tools of the MCP server by the TypeScript SDK: a check-in that is retried, and one that the token may not make.
import { strict as assert } from "node:assert";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const { OKR_URL, OKR_TOKEN: token } = process.env;
const [value = "61", mode = "auto"] = process.argv.slice(2); // auto: the newest version that both know

const client = new Client({ name: "okr-example-mcp", version: "0.0.0" }, { versionNegotiation: { mode } });
await client.connect(
  new StreamableHTTPClientTransport(new URL("/mcp", OKR_URL), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  }),
);

const { tools } = await client.listTools();
const readOnly = tools.filter((tool) => tool.annotations.readOnlyHint);
console.log(`${tools.length} tools, ${readOnly.length} of them read only`);

const { structuredContent: viewer } = await client.callTool({ name: "get_viewer", arguments: {} });
console.log(`${viewer.viewer.name} has the scopes ${viewer.viewer.scopes.join(", ")}`);

const { structuredContent: found } = await client.callTool({ name: "search", arguments: { query: "tickets" } });
const keyResult = found.results.find(({ id }) => id.startsWith("key_"));
console.log(`Found: ${keyResult.title}`);

const checkIn = {
  name: "record_check_in",
  arguments: { keyResult: { id: keyResult.id }, value: Number(value), note: "By an assistant" },
};
const first = await client.callTool(checkIn);
const retried = await client.callTool(checkIn); // as after a lost response
const recorded = [first, retried].map(({ structuredContent }) => structuredContent.checkInRecord);
assert.deepEqual(recorded.map(({ replayed }) => replayed), [false, true]);
assert.equal(recorded[0].checkIn.id, recorded[1].checkIn.id);
console.log(`→ ${recorded[0].checkIn.keyResult.currentValue}, counted once`);

const refused = await client.callTool({ name: "create_objective", arguments: { title: "More", cycle: { id: viewer.currentCycle.id } } });
assert.ok(refused.isError);
console.log(`→ ${refused.content[0].text}`);

await client.close();
