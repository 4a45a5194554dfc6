"""JSON Schema of mapping files, generated from their models."""

import orjson

from .mapping_file import Mapping

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def mapping_schema() -> bytes:
    """Return the JSON Schema of mapping files, indented."""
    schema = {"$schema": DIALECT} | Mapping.model_json_schema(mode="validation")
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2) + b"\n"
