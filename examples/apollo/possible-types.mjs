// The types of each interface, from schema.graphql. A build script writes this as JSON, and the page imports that file.
import { readFileSync } from "node:fs";
import { buildSchema, isInterfaceType } from "graphql";

const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));

export const possibleTypes = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter(isInterfaceType)
    .map((one) => [one.name, schema.getPossibleTypes(one).map(({ name }) => name)]),
);
