"""GraphQL scalars: DateTime, Date and Seq, and stricter parsing for the built-in ones."""

import math
import re
from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from graphql import (
    FloatValueNode,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
    IntValueNode,
    StringValueNode,
    print_ast,
)
from graphql.type.scalars import parse_int_literal
from strawberry.types.scalar import ScalarDefinition

from okr_api.store.entity_lookup import is_storable_text

MAX_SEQ = 2**53
MAX_INT_DIGITS = 11  # a sign and the ten digits of 2^31
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # fromisoformat also takes week dates such as 2026-W40-1

Seq = NewType("Seq", int)


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError("DateTime is text such as 2026-10-01T12:00:00Z")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"{value!r} is not a DateTime such as 2026-10-01T12:00:00Z") from None
    if instant.tzinfo is None:
        raise GraphQLError(f"{value!r} has no time zone; add Z or an offset such as +02:00")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise GraphQLError(f"{value!r} is out of range") from None


def write_instant(value: datetime) -> str:
    """Return an instant in ISO 8601, in UTC with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _day(value: Any) -> date:
    try:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"{value!r} is not a Date such as 2026-10-01") from None


def _seq(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEQ:
        raise GraphQLError("Seq is a whole number from 0 to 2^53")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="Instant in ISO 8601 with a time zone, such as `2026-10-01T14:00:00+02:00`. Responses "
        "are in UTC: `2026-10-01T12:00:00Z`.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=write_instant,
        parse_value=_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="Calendar day in the organisation's time zone, such as `2026-10-01`.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        serialize=date.isoformat,
        parse_value=_day,
    ),
    Seq: strawberry.scalar(
        name="Seq",
        description="Position in the organisation's change feed, 0 to 2^53; each change has the next whole "
        "number.",
        serialize=int,
        parse_value=_seq,
    ),
}


def _sound_text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"String cannot represent {value!r}")
    if "\x00" in value:
        raise GraphQLError("Text cannot contain the NUL character")
    if not is_storable_text(value):
        raise GraphQLError("Text cannot contain half of a surrogate pair")
    return value


def _id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise GraphQLError(f"ID cannot represent {value!r}")
    return _sound_text(str(value))


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise GraphQLError(f"Float cannot represent {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise GraphQLError("Float must be a finite number")
    return number


def _literal(name: str, parse: Any, *kinds: type[Any]) -> Any:
    def coerce(node: Any) -> Any:
        if not isinstance(node, kinds):
            raise GraphQLError(f"{name} cannot represent {print_ast(node)}", node)
        return parse(float(node.value) if parse is _finite else node.value)

    return coerce


def _int_literal(node: Any) -> Any:
    """Parse a literal Int; in graphql-core, one with thousands of digits fails in Python's `int`."""
    if isinstance(node, IntValueNode) and len(node.value) > MAX_INT_DIGITS:
        raise GraphQLError("Int cannot represent non 32-bit signed integer value", node)
    return parse_int_literal(node)


def strengthen(schema_types: dict[str, Any]) -> None:
    """Make built-in scalars reject text that cannot be stored, non-finite floats, and overlong ints."""
    whole = schema_types.get(GraphQLInt.name)
    if isinstance(whole, GraphQLScalarType):
        whole.coerce_input_literal = _int_literal
    for scalar, coerce, kinds in (
        (GraphQLString, _sound_text, (StringValueNode,)),
        (GraphQLFloat, _finite, (FloatValueNode, IntValueNode)),
        (GraphQLID, _id, (StringValueNode, IntValueNode)),
    ):
        known = schema_types.get(scalar.name)
        if isinstance(known, GraphQLScalarType):
            known.coerce_input_value = coerce
            known.coerce_input_literal = _literal(scalar.name, coerce, *kinds)
