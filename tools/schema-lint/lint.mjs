// Lint schema.graphql in this folder with three linters; print what they find and exit with 1 if there is anything.
//
//   node lint.mjs DOCUMENT.md…     also validates the operations that these documents show
//
// With a released.graphql beside it, whatever would break a client of that release is found, too.
import { existsSync, readFileSync } from "node:fs";
import { diff, CriticalityLevel, validate } from "@graphql-inspector/core";
import { ESLint } from "eslint";
import { buildSchema, Source } from "graphql";
import { run } from "graphql-schema-linter/lib/runner.js";

const SCHEMA = "schema.graphql";
const RELEASED = "released.graphql";
const OPERATIONS = /^```graphql\n(.*?)^```$/gms;

const found = [];
const schema = buildSchema(readFileSync(SCHEMA, "utf8"));

for (const result of await new ESLint().lintFiles(SCHEMA))
  for (const { line, message, ruleId } of result.messages) found.push(`${SCHEMA}:${line} ${ruleId}: ${message}`);

const output = { write: (text) => printed.push(text) };
const printed = [];
if (await run(output, process.stdin, output, ["node", "graphql-schema-linter", "--format", "compact", SCHEMA]))
  found.push(...printed);

for (const document of process.argv.slice(2)) {
  const operations = [...readFileSync(document, "utf8").matchAll(OPERATIONS)];
  if (!operations.length) found.push(`${document} shows no operation`);
  for (const [, text] of operations)
    for (const { errors, deprecated } of validate(schema, [new Source(text, document)]))
      found.push(...[...errors, ...deprecated].map((error) => `${document}: ${error.message} in\n${text}`));
}

if (existsSync(RELEASED))
  for (const { criticality, message } of await diff(buildSchema(readFileSync(RELEASED, "utf8")), schema))
    if (criticality.level === CriticalityLevel.Breaking) found.push(`breaks clients of the last release: ${message}`);

console.log(found.join("\n"));
process.exit(found.length ? 1 : 0);
