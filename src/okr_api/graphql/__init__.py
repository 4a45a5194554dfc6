"""GraphQL layer: schema, types, queries, mutations, subscriptions and their execution."""

import okr_api.graphql.enums  # must register the enums before any type names them  # noqa: F401
