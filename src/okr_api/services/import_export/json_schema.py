"""JSON Schema of the interchange format: a base file, completed by the sections of plain entities."""

from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from okr_api.okr.entities import BY_SECTION, PLAIN, Entity
from okr_api.okr.entity_fields import EntityField

Schema = dict[str, Any]
BASE = Path(__file__).with_name("interchange-base.json")


def interchange_schema() -> bytes:
    """Return the JSON Schema of files, indented."""
    schema: Schema = orjson.loads(BASE.read_bytes())
    schema["anyOf"] = [{"required": [section]} for section in BY_SECTION]
    schema["properties"] |= {
        section: {"type": ["array", "null"], "items": _ref(entity.table)}
        for section, entity in BY_SECTION.items()
    }
    schema["$defs"] |= {entity.table: _row_of(entity) for entity in PLAIN}
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2) + b"\n"


def _ref(definition: str) -> Schema:
    return {"$ref": f"#/$defs/{definition}"}


def _row_of(entity: Entity) -> Schema:
    """Return the schema of a row."""
    fields = entity.fields
    removed = {"removed": {"type": ["boolean", "null"]}} if entity.is_removable else {}
    return {
        "type": "object",
        "description": entity.model.__doc__,
        "required": ["id", *(each.name for each in fields if each.is_required and each.default is None)],
        "properties": {
            "id": _ref("reference"),
            "uuid": _ref("uuid"),
            **{each.name: _value_of(each) for each in fields},
            **removed,
            "version": _ref("version"),
            "seq": _ref("seq"),
            "recorded_at": _ref("instant"),
            "history": {
                "type": "array",
                "description": "Earlier versions, oldest first; only in an export.",
                "items": _ref(entity.table),
            },
        },
    }


def _value_of(field: EntityField) -> Schema:
    """Return the schema of a field; null where it may be missing, and for the default of a new entity."""
    if field.type is UUID:
        value = _ref("reference")
    elif field.type is bool:
        value = {"type": "boolean"}
    elif issubclass(field.type, StrEnum):
        value = {"enum": [str(member) for member in field.type]}
    else:
        value = {"type": "string", "minLength": int(field.is_required), "maxLength": field.max_length}
    may_be_null = not field.is_required or field.default is not None
    return {"anyOf": [value, {"type": "null"}]} if may_be_null else value
