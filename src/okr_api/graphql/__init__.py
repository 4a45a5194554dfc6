"""GraphQL layer: schema, types, queries, mutations, subscriptions and their execution."""

import okr_api.graphql.change_kinds  # these two register the enums before any type names them
import okr_api.graphql.enums  # noqa: F401
