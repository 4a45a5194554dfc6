"""GraphQL comparator inputs, the types of filter fields; `query_engine/sql_filters.py` makes SQL of them."""

from datetime import date, datetime
from typing import Any

import strawberry

from okr_api.graphql.policy_enums import Role, TeamRole
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Status
from okr_api.okr.cycle import CycleState
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.objective import ObjectiveKind, ObjectiveState
from okr_api.okr.priority import PriorityState


def said(description: str, **more: Any) -> Any:
    """Return an optional input field: UNSET if omitted, which differs from an explicit null."""
    return strawberry.field(default=strawberry.UNSET, description=description, **more)


@strawberry.input(description="Condition on an id; all conditions are ANDed.")
class IDComparator:
    """Comparator for ids."""

    eq: strawberry.ID | None = said("Equal to this id.")
    in_: list[strawberry.ID] | None = said("Equal to one of these ids; at most 100.", name="in")
    not_in: list[strawberry.ID] | None = said("Equal to none of these ids, and not missing; at most 100.")


@strawberry.input(
    description="Condition on a referenced entity, such as the owner; all conditions are ANDed."
)
class EntityFilter:
    """Comparator for references."""

    id: IDComparator | None = said("Condition on the id of the entity.")
    external_id: str | None = said("The entity has exactly this external id.")
    is_null: bool | None = said("true: it has no value; false: it has one.")


@strawberry.input(description="Condition on text; all conditions are ANDed.")
class TextComparator:
    """Comparator for text."""

    eq: str | None = said("Equal to this text, case-sensitive.")
    in_: list[str] | None = said("Equal to one of these texts, case-sensitive; at most 100.", name="in")
    not_in: list[str] | None = said(
        "Equal to none of these texts, case-sensitive, and not missing; at most 100."
    )
    contains: str | None = said("Contains this text anywhere, case-insensitive.")
    starts_with: str | None = said("Starts with this text, case-sensitive.")
    is_null: bool | None = said("true: it has no value; false: it has one.")


@strawberry.input(
    description="Condition on a number; all conditions are ANDed. A missing value matches only "
    "`isNull: true`."
)
class NumberComparator:
    """Comparator for numbers."""

    eq: float | None = said("Equal to this number.")
    gt: float | None = said("Greater than this number.")
    gte: float | None = said("Greater than or equal to this number.")
    lt: float | None = said("Less than this number.")
    lte: float | None = said("Less than or equal to this number.")
    is_null: bool | None = said("true: it has no value; false: it has one.")


@strawberry.input(description="Condition on a calendar day; all conditions are ANDed.")
class DateComparator:
    """Comparator for dates."""

    eq: date | None = said("On this day.")
    gte: date | None = said("On this day or later.")
    lte: date | None = said("On this day or earlier.")
    is_null: bool | None = said("true: it has no value; false: it has one.")


@strawberry.input(description="Condition on an instant; all conditions are ANDed.")
class DateTimeComparator:
    """Comparator for instants."""

    gt: datetime | None = said("After this instant.")
    gte: datetime | None = said("At this instant or later.")
    lt: datetime | None = said("Before this instant.")
    lte: datetime | None = said("At this instant or earlier.")


@strawberry.input(
    description="Condition on a status, evaluated at the time of the request; all conditions are ANDed."
)
class StatusComparator:
    """Comparator for statuses."""

    eq: Status | None = said("Equal to this status.")
    in_: list[Status] | None = said("Equal to one of these statuses.", name="in")
    not_in: list[Status] | None = said("Equal to none of these statuses.")


@strawberry.input(description="Condition on the state of a cycle; all conditions are ANDed.")
class CycleStateComparator:
    """Comparator for cycle states."""

    eq: CycleState | None = said("Equal to this state.")
    in_: list[CycleState] | None = said("Equal to one of these states.", name="in")
    not_in: list[CycleState] | None = said("Equal to none of these states.")


@strawberry.input(description="Condition on the state of an objective; all conditions are ANDed.")
class ObjectiveStateComparator:
    """Comparator for objective states."""

    eq: ObjectiveState | None = said("Equal to this state.")
    in_: list[ObjectiveState] | None = said("Equal to one of these states.", name="in")
    not_in: list[ObjectiveState] | None = said("Equal to none of these states.")


@strawberry.input(description="Condition on the state of a priority; all conditions are ANDed.")
class PriorityStateComparator:
    """Comparator for priority states."""

    eq: PriorityState | None = said("Equal to this state.")
    in_: list[PriorityState] | None = said("Equal to one of these states.", name="in")
    not_in: list[PriorityState] | None = said("Equal to none of these states.")


@strawberry.input(description="Condition on the kind of an objective; all conditions are ANDed.")
class ObjectiveKindComparator:
    """Comparator for objective kinds."""

    eq: ObjectiveKind | None = said("Equal to this kind.")
    in_: list[ObjectiveKind] | None = said("Equal to one of these kinds.", name="in")
    not_in: list[ObjectiveKind] | None = said("Equal to none of these kinds.")


@strawberry.input(description="Condition on the state of a key result; all conditions are ANDed.")
class KeyResultStateComparator:
    """Comparator for key result states."""

    eq: KeyResultState | None = said("Equal to this state.")
    in_: list[KeyResultState] | None = said("Equal to one of these states.", name="in")
    not_in: list[KeyResultState] | None = said("Equal to none of these states.")


@strawberry.input(description="Condition on the measure of a key result; all conditions are ANDed.")
class KeyResultMeasureComparator:
    """Comparator for key result measures."""

    eq: KeyResultMeasure | None = said("Equal to this measure.")
    in_: list[KeyResultMeasure] | None = said("Equal to one of these measures.", name="in")
    not_in: list[KeyResultMeasure] | None = said("Equal to none of these measures.")


@strawberry.input(description="Condition on the role of a person; all conditions are ANDed.")
class RoleComparator:
    """Comparator for roles of people."""

    eq: Role | None = said("Equal to this role.")
    in_: list[Role] | None = said("Equal to one of these roles.", name="in")
    not_in: list[Role] | None = said("Equal to none of these roles.")


@strawberry.input(description="Condition on a role in a team; all conditions are ANDed.")
class TeamRoleComparator:
    """Comparator for roles in teams."""

    eq: TeamRole | None = said("Equal to this role.")
    in_: list[TeamRole] | None = said("Equal to one of these roles.", name="in")
    not_in: list[TeamRole] | None = said("Equal to none of these roles.")


@strawberry.input(description="Condition on a reported status; all conditions are ANDed.")
class ReportedStatusComparator:
    """Comparator for reported statuses."""

    eq: ReportedStatus | None = said("Equal to this status.")
    in_: list[ReportedStatus] | None = said("Equal to one of these statuses.", name="in")
    not_in: list[ReportedStatus] | None = said("Equal to none of these statuses, and not missing.")
    is_null: bool | None = said("true: it has no value; false: it has one.")
