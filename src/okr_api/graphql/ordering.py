"""`orderBy` inputs and sort keys of each type of list, with SQL expressions; the `Ordering` of an input."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

import strawberry

from okr_api.graphql.enums import OrderDirection, describe_input
from okr_api.query_engine.field_sources import Ordering


class ObjectiveOrderField(StrEnum):
    """Sort keys of objectives."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    PROGRESS = "PROGRESS"
    COVERAGE = "COVERAGE"
    CONFIDENCE = "CONFIDENCE"


class KeyResultOrderField(StrEnum):
    """Sort keys of key results."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    PROGRESS = "PROGRESS"
    CONFIDENCE = "CONFIDENCE"
    DUE_ON = "DUE_ON"


class CheckInOrderField(StrEnum):
    """Sort keys of check-ins."""

    CREATED_AT = "CREATED_AT"
    EFFECTIVE_AT = "EFFECTIVE_AT"
    RECORDED_AT = "RECORDED_AT"


class PersonOrderField(StrEnum):
    """Sort keys of people."""

    CREATED_AT = "CREATED_AT"
    NAME = "NAME"
    EMAIL = "EMAIL"


class TeamOrderField(StrEnum):
    """Sort keys of teams."""

    CREATED_AT = "CREATED_AT"
    NAME = "NAME"


class TeamMembershipOrderField(StrEnum):
    """Sort keys of memberships in teams."""

    CREATED_AT = "CREATED_AT"
    ROLE = "ROLE"


class MetricOrderField(StrEnum):
    """Sort keys of metrics."""

    CREATED_AT = "CREATED_AT"
    NAME = "NAME"


class CycleOrderField(StrEnum):
    """Sort keys of cycles."""

    CREATED_AT = "CREATED_AT"
    NAME = "NAME"
    STARTS_ON = "STARTS_ON"
    ENDS_ON = "ENDS_ON"


class PriorityOrderField(StrEnum):
    """Sort keys of priorities."""

    CREATED_AT = "CREATED_AT"
    RANK = "RANK"
    TITLE = "TITLE"
    STARTS_ON = "STARTS_ON"
    ENDS_ON = "ENDS_ON"


class InitiativeOrderField(StrEnum):
    """Sort keys of initiatives."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    DUE_ON = "DUE_ON"


class DependencyOrderField(StrEnum):
    """Sort keys of dependencies."""

    CREATED_AT = "CREATED_AT"
    NEEDED_BY = "NEEDED_BY"


# Each sort key's expression, None for the id; the type of its values; and its description.
CODE_POINTS = "by Unicode code point: upper case before lower case"
SORT_KEYS: dict[str, tuple[str | None, type[Any], str]] = {
    "CREATED_AT": (None, str, "Order of creation or import."),
    "TITLE": ('{row}.title collate "C"', str, f"Title, {CODE_POINTS}."),
    "NAME": ('{row}.name collate "C"', str, f"Name, {CODE_POINTS}."),
    "EMAIL": ('{row}.email collate "C"', str, f"E-mail address, {CODE_POINTS}; null last."),
    "PROGRESS": ("{row}.progress", float, "Progress, 0 to 1; null last."),
    "COVERAGE": ("{row}.coverage", float, "Share that has a reading, 0 to 1; null last."),
    "CONFIDENCE": ("{row}.confidence", float, "Confidence, 0 to 1; null last."),
    "DUE_ON": ("{row}.due_on", date, "Due day; null last."),
    "NEEDED_BY": ("{row}.needed_by", date, "Day by which it is needed; null last."),
    "STARTS_ON": ("{row}.starts_on", date, "First day; null last."),
    "ENDS_ON": ("{row}.ends_on", date, "Last day; null last."),
    "STARTED_ON": ("{row}.started_on", date, "First day; null last."),
    "ENDED_ON": ("{row}.ended_on", date, "Last day; null last."),
    "HELD_AT": ("{row}.held_at", datetime, "When it was held."),
    "RANK": ("{row}.rank", float, "Rank, the lowest first."),
    "ROLE": ('{row}.role collate "C"', str, "Role: leads before members."),
    "EFFECTIVE_AT": ("{row}.effective_at", datetime, "Instant that the reading is for."),
    "RECORDED_AT": ("{row}.recorded_at", datetime, "When it was recorded; kept by an import of history."),
}


def describe_sort_keys(fields: type[StrEnum], things: str) -> None:
    """Register the sort keys of a type of list as a GraphQL enum, with their descriptions."""
    describe_input(
        fields,
        f"Sort key of a list of {things}.",
        **{name: SORT_KEYS[name][2] for name in fields.__members__},
    )


describe_sort_keys(ObjectiveOrderField, "objectives")
describe_sort_keys(KeyResultOrderField, "key results")
describe_sort_keys(CheckInOrderField, "check-ins")
describe_sort_keys(PersonOrderField, "people")
describe_sort_keys(TeamOrderField, "teams")
describe_sort_keys(TeamMembershipOrderField, "memberships in teams")
describe_sort_keys(MetricOrderField, "metrics")
describe_sort_keys(CycleOrderField, "cycles")
describe_sort_keys(PriorityOrderField, "priorities")
describe_sort_keys(InitiativeOrderField, "initiatives")
describe_sort_keys(DependencyOrderField, "dependencies")


def sort_key() -> Any:
    """Return the field of a sort order that names its key."""
    return strawberry.field(description="Sort key.")


def sort_direction() -> Any:
    """Return the field of a sort order that names its direction."""
    return strawberry.field(
        default=OrderDirection.ASC, description="Sort direction; nulls come last either way."
    )


@strawberry.input(description="Sort order of a list of objectives; ties by creation.")
class ObjectiveOrder:
    field: ObjectiveOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of key results; ties by creation.")
class KeyResultOrder:
    field: KeyResultOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of check-ins; ties by creation.")
class CheckInOrder:
    field: CheckInOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of people; ties by creation.")
class PersonOrder:
    field: PersonOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of teams; ties by creation.")
class TeamOrder:
    field: TeamOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of memberships in teams; ties by creation.")
class TeamMembershipOrder:
    field: TeamMembershipOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of metrics; ties by creation.")
class MetricOrder:
    field: MetricOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of cycles; ties by creation.")
class CycleOrder:
    field: CycleOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of priorities; ties by creation.")
class PriorityOrder:
    field: PriorityOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of initiatives; ties by creation.")
class InitiativeOrder:
    field: InitiativeOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of dependencies; ties by creation.")
class DependencyOrder:
    field: DependencyOrderField = sort_key()
    direction: OrderDirection = sort_direction()


class Order(Protocol):
    """Input of a sort order: what all of them have, here and in other modules."""

    @property
    def field(self) -> StrEnum: ...

    @property
    def direction(self) -> OrderDirection: ...


def sort_by(name: str, *, descending: bool = False) -> Ordering:
    """Return the ordering by the sort key of that name."""
    expression, kind, _ = SORT_KEYS[name]
    return Ordering(expression, descending, kind, name)


def ordering(order: Order | None, usual: Ordering | None = None) -> Ordering:
    """Return the ordering of a list; the usual one, or that by creation, if `order` is None."""
    if order is None:
        return usual or Ordering()
    return sort_by(str(order.field.name), descending=order.direction is OrderDirection.DESC)
