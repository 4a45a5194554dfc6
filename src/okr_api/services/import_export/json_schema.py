"""JSON Schema of the interchange format: a base file, completed by the declared fields of entities."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from okr_api.okr.entities import BY_SECTION
from okr_api.okr.entity import Entity
from okr_api.okr.entity_fields import EntityField

Schema = dict[str, Any]
BASE = Path(__file__).with_name("interchange-base.json")
TYPES: Mapping[type[Any], Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    datetime: {"type": "string", "format": "date-time"},
}


def interchange_schema() -> bytes:
    """Return the JSON Schema of files, indented."""
    schema: Schema = orjson.loads(BASE.read_bytes())
    schema["anyOf"] = [{"required": [section]} for section in BY_SECTION]
    schema["properties"] |= {
        section: {"type": ["array", "null"], "items": _ref(entity.table)}
        for section, entity in BY_SECTION.items()
    }
    schema["$defs"] |= {
        entity.table: _row_of(entity, schema["$defs"].get(entity.table, {}))
        for entity in BY_SECTION.values()
        if entity.is_versioned
    }
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2) + b"\n"


def _ref(definition: str) -> Schema:
    return {"$ref": f"#/$defs/{definition}"}


def _row_of(entity: Entity, base: Schema) -> Schema:
    """Return the schema of a row; `base` has descriptions, and what rows have beside the declared fields."""
    fields = [field for field in entity.file_fields if _is_mechanical(field)]
    removed = {"removed": {"type": ["boolean", "null"]}} if entity.is_removable else {}
    properties = {
        "id": _ref("reference"),
        "uuid": _ref("uuid"),
        **{field.file_name: _value_of(field) for field in fields},
        **removed,
    }
    for name, more in base.get("properties", {}).items():
        properties[name] = properties.get(name, {}) | more
    return {
        "type": "object",
        "description": base.get("description", entity.model.__doc__),
        "required": ["id", *(each.file_name for each in fields if each.is_required and each.default is None)],
        "properties": {
            **properties,
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


def _is_mechanical(field: EntityField) -> bool:
    """Return whether the declaration says it all; the base has the schema of parts and of free documents."""
    return not field.is_part and field.type is not Mapping


def _value_of(field: EntityField) -> Schema:
    """Return the schema of a field; null where it may be missing, and for the default of a new entity."""
    if field.is_weight:
        return _ref("weight")  # allows null
    if field.is_fraction:
        return {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    value = _item_of(field)
    if field.is_list:
        value = {"type": "array", "items": value}
        value |= {"maxItems": field.max_items} if field.max_items is not None else {}
    may_be_null = not field.is_required or field.default is not None
    return _or_null(value) if may_be_null else value


def _item_of(field: EntityField) -> Schema:
    """Return the schema of a value that is not null, or of each item of a list."""
    if field.type is UUID:
        return _ref("reference")
    if field.type is date:
        return _ref("day")
    if field.is_document:
        return _ref(field.name)
    if issubclass(field.type, StrEnum):
        return {"enum": [str(member) for member in field.type]}
    if field.type is str and field.max_length is not None:
        return {"type": "string", "minLength": int(field.is_required), "maxLength": field.max_length}
    return dict(TYPES[field.type])


def _or_null(value: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    if "enum" in value:
        return {"enum": [*value["enum"], None]}
    if "type" in value:
        return value | {"type": [value["type"], "null"]}
    return {"anyOf": [value, {"type": "null"}]}
