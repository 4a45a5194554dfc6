"""Factories of filter fields: `where` with an SQL expression; `and`, `or`, `not`; ids within global ids."""

from typing import Any

import strawberry

from okr_api.graphql.comparators import said
from okr_api.query_engine.global_ids import decode_id
from okr_api.query_engine.sql_filters import WHERE, Where

NOBODY = "0" * 32


def where(expression: str, description: str, **more: Any) -> Any:
    """Return a filter field that compares the SQL expression."""
    return strawberry.field(
        default=strawberry.UNSET, description=description, metadata={WHERE: Where(expression, **more)}
    )


def all_match() -> Any:
    """Return the field `and` of a filter."""
    return said("All of these filters match.", name="and")


def any_matches() -> Any:
    """Return the field `or` of a filter."""
    return said("At least one of these filters matches; an empty list matches nothing.", name="or")


def does_not_match() -> Any:
    """Return the field `not` of a filter."""
    return said(
        "This filter does not match; a comparison with a missing value counts as no match.", name="not"
    )


def id_within(text: str) -> Any:
    """Return the id within a global id; `NOBODY`, which matches no row, if it is malformed."""
    decoded = decode_id(text)
    return decoded[1] if decoded else NOBODY
