"""How it is asked for: the schema, and nothing else."""

import okr_api.graphql.words  # the words become enums before any type names them  # noqa: F401
