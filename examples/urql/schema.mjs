// What graphcache wants to know of the schema, from schema.graphql. A build script writes both as JSON.
import { readFileSync } from "node:fs";
import { buildSchema, introspectionFromSchema, isObjectType } from "graphql";

const built = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));

export const schema = introspectionFromSchema(built, { descriptions: false });

export const withoutId = Object.values(built.getTypeMap())
  .filter((type) => isObjectType(type) && !type.name.startsWith("__") && !("id" in type.getFields()))
  .map(({ name }) => name);
