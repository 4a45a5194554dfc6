"""`orderBy` inputs of lists of roadblocks, meetings and decisions; `ordering.py` has the sort keys."""

from enum import StrEnum

import strawberry

from okr_api.graphql.enums import OrderDirection
from okr_api.graphql.ordering import describe_sort_keys, sort_direction, sort_key


class RoadblockOrderField(StrEnum):
    """Sort keys of roadblocks."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    DUE_ON = "DUE_ON"


class MeetingOrderField(StrEnum):
    """Sort keys of meetings."""

    CREATED_AT = "CREATED_AT"
    HELD_AT = "HELD_AT"


class DecisionOrderField(StrEnum):
    """Sort keys of decisions."""

    CREATED_AT = "CREATED_AT"
    DUE_ON = "DUE_ON"


describe_sort_keys(RoadblockOrderField, "roadblocks")
describe_sort_keys(MeetingOrderField, "meetings")
describe_sort_keys(DecisionOrderField, "decisions")


@strawberry.input(description="Sort order of a list of roadblocks; ties by creation.")
class RoadblockOrder:
    field: RoadblockOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of meetings; ties by creation.")
class MeetingOrder:
    field: MeetingOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of decisions; ties by creation.")
class DecisionOrder:
    field: DecisionOrderField = sort_key()
    direction: OrderDirection = sort_direction()
