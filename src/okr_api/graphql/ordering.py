"""`orderBy` inputs: sort by stored columns, nulls last, ties by creation."""

from datetime import date
from enum import StrEnum
from typing import Any

import strawberry

from okr_api.graphql.enums import OrderDirection, describe_input
from okr_api.query_engine.field_sources import Ordering


class ObjectiveOrderField(StrEnum):
    """Sort keys of objectives."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    PROGRESS = "PROGRESS"
    CONFIDENCE = "CONFIDENCE"


class KeyResultOrderField(StrEnum):
    """Sort keys of key results."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    PROGRESS = "PROGRESS"
    CONFIDENCE = "CONFIDENCE"
    DUE_ON = "DUE_ON"


SAID = {
    "CREATED_AT": "Creation time.",
    "TITLE": "Title, by Unicode code point: upper case before lower case.",
    "PROGRESS": "Progress, 0 to 1; null last.",
    "CONFIDENCE": "Confidence, 0 to 1; null last.",
}
describe_input(ObjectiveOrderField, "Sort key of a list of objectives.", **SAID)
describe_input(
    KeyResultOrderField, "Sort key of a list of key results.", **SAID, DUE_ON="Due day; null last."
)


@strawberry.input(description="Sort order of a list of objectives; ties by creation time.")
class ObjectiveOrder:
    """Sort order of objectives."""

    field: ObjectiveOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Sort direction; nulls come last either way."
    )


@strawberry.input(description="Sort order of a list of key results; ties by creation time.")
class KeyResultOrder:
    """Sort order of key results."""

    field: KeyResultOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Sort direction; nulls come last either way."
    )


EXPRESSIONS: dict[str, tuple[str | None, type[Any]]] = {
    "CREATED_AT": (None, str),
    "TITLE": ('{row}.title collate "C"', str),
    "PROGRESS": ("{row}.progress", float),
    "CONFIDENCE": ("{row}.confidence", float),
    "DUE_ON": ("{row}.due_on", date),
}


def ordering(order: ObjectiveOrder | KeyResultOrder | None) -> Ordering:
    """Return the ordering of a list; by creation if `order` is None."""
    if order is None:
        return Ordering()
    name = str(order.field.name)
    expression, kind = EXPRESSIONS[name]
    return Ordering(expression, order.direction is OrderDirection.DESC, kind, name)
