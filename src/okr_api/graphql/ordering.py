"""Orders of lists: by stored columns, nulls last, ties by creation."""

from datetime import date
from enum import StrEnum
from typing import Any

import strawberry

from okr_api.graphql.enums import OrderDirection, describe
from okr_api.query_engine.field_sources import Ordering


class ObjectiveOrderField(StrEnum):
    """What objectives are ordered by."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    PROGRESS = "PROGRESS"
    CONFIDENCE = "CONFIDENCE"


class KeyResultOrderField(StrEnum):
    """What key results are ordered by."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    PROGRESS = "PROGRESS"
    CONFIDENCE = "CONFIDENCE"
    DUE_ON = "DUE_ON"


SAID = {
    "CREATED_AT": "When it was created.",
    "TITLE": "The title, by code points.",
    "PROGRESS": "The progress.",
    "CONFIDENCE": "The confidence.",
}
describe(ObjectiveOrderField, "What a list of objectives is ordered by.", **SAID)
describe(KeyResultOrderField, "What a list of key results is ordered by.", **SAID, DUE_ON="The due day.")


@strawberry.input(description="How a list of objectives is ordered.")
class ObjectiveOrder:
    """The order of objectives."""

    field: ObjectiveOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which way round.")


@strawberry.input(description="How a list of key results is ordered.")
class KeyResultOrder:
    """The order of key results."""

    field: KeyResultOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which way round.")


EXPRESSIONS: dict[str, tuple[str | None, type[Any]]] = {
    "CREATED_AT": (None, str),
    "TITLE": ('{row}.title collate "C"', str),
    "PROGRESS": ("{row}.progress", float),
    "CONFIDENCE": ("{row}.confidence", float),
    "DUE_ON": ("{row}.due_on", date),
}


def ordering(order: ObjectiveOrder | KeyResultOrder | None) -> Ordering:
    """The order to read in: by creation where none is given."""
    if order is None:
        return Ordering()
    name = str(order.field.name)
    expression, kind = EXPRESSIONS[name]
    return Ordering(expression, order.direction is OrderDirection.DESC, kind, name)
