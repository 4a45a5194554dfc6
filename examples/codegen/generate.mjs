// What `npx graphql-codegen` does with codegen.ts, without the 280 packages of its command line.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import { buildSchema, parse } from "graphql";
import settings from "./codegen.ts";

const { config, presetConfig } = settings.generates["gql/"];
const sdl = readFileSync(settings.schema, "utf8");
const found = readFileSync(settings.documents, "utf8").matchAll(/graphql\(`(.*?)`\)/gs);
const documents = [...found].map(([, text]) => ({
  location: settings.documents,
  rawSDL: text,
  document: parse(text),
}));

const outputs = await preset.buildGeneratesSection({
  baseOutputDir: "gql/",
  config: { ...config, importExtension: settings.importExtension },
  presetConfig,
  schema: parse(sdl),
  schemaAst: buildSchema(sdl),
  documents,
  plugins: [],
  pluginMap: {},
});
mkdirSync("gql", { recursive: true });
for (const output of outputs) writeFileSync(output.filename, await codegen(output));
