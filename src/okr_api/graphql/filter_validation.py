"""Validate a filter input before SQL: reject nulls and empty objects in it, with the path to them."""

from typing import Any

from strawberry.utils.str_converters import to_camel_case

from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.sql_filters import given_fields

NO_NULL = "null compares with nothing: leave the field out, or ask with isNull whether a value is missing"
NOT_EMPTY = "An empty object compares nothing: leave it out, or ask with isNull whether a value is missing"


def validate_filter(given: Any) -> None:
    """Reject nulls and empty objects inside a filter; a filter that is itself null or empty is allowed.

    Raises:
        InvalidInput: a value is null or an empty object; `path` leads to it.
    """
    if given is not None:
        for name, value in given_fields(given):
            _validate(value, (name,))


def _validate(value: Any, path: tuple[str, ...]) -> None:
    """Reject nulls and empty objects in a value; `path` has Python field names and list indexes."""
    if value is None:
        raise InvalidInput(NO_NULL, path=_sent(path))
    if isinstance(value, list):
        for place, one in enumerate(value):
            _validate(one, (*path, str(place)))
    elif hasattr(value, "__dataclass_fields__"):
        fields = given_fields(value)
        if not fields:
            raise InvalidInput(NOT_EMPTY, path=_sent(path))
        for name, one in fields:
            _validate(one, (*path, name))


def _sent(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path with the field names that the client sent."""
    return ("filter", *(to_camel_case(name.rstrip("_")) for name in path))
