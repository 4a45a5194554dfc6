// The configuration of GraphQL Code Generator: `npx graphql-codegen` reads it, and so does generate.mjs.
import type { Types } from "@graphql-codegen/plugin-helpers";

const config: Types.Config = {
  schema: "../../schema.graphql",
  documents: "main.ts",
  importExtension: ".ts",
  generates: {
    "gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        scalars: { Date: "string", DateTime: "string", ID: "string", Seq: "number" },
        strictScalars: true,
        futureProofEnums: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
