"""Compiled execution: cache, plan and run an operation without graphql-core, and write its response.

- `operation_cache`: parsed and validated operations, with a plan per combination of `@skip` and `@include`.
- `arguments`, `input_coercion`: arguments of root fields, built directly from the request's variables.
- `introspection`: `__schema` and `__type`.
- `executor`: run queries and mutations by plan, or fall back to graphql-core with a reason.
- `json_writer`: serialise the response.
"""
