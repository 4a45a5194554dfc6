"""How it is asked for: the schema, and nothing else."""

import okr_api.graphql.enums  # the words become enums before any type names them  # noqa: F401
