"""GraphQL filter inputs: the SQL expression of each field, for `query_engine/sql_filters.py`."""

from typing import Any

import strawberry

from okr_api.graphql.comparators import (
    CycleStateComparator,
    DateComparator,
    DateTimeComparator,
    EntityFilter,
    KeyResultMeasureComparator,
    KeyResultStateComparator,
    NumberComparator,
    ObjectiveKindComparator,
    ObjectiveStateComparator,
    ReportedStatusComparator,
    StatusComparator,
    TextComparator,
    said,
)
from okr_api.graphql.values_at_time import STATUS
from okr_api.okr.change import ChangeKind, NodeType
from okr_api.query_engine.global_ids import decode_id
from okr_api.query_engine.sql_filters import WHERE, Related, Where
from okr_api.store.tree_edges import PARENT_OBJECTIVE
from okr_api.store.unpublished import UNPUBLISHED_ALIGNMENT

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


def _id(text: str) -> Any:
    """Return the id within a global id; `NOBODY`, which matches no row, if it is malformed."""
    decoded = decode_id(text)
    return decoded[1] if decoded else NOBODY


PARENTS = Related(
    "alignment edge",
    "edge.organization_id = {row}.organization_id and edge.child_id = {row}.id",
    hidden=UNPUBLISHED_ALIGNMENT.format(row="edge"),
)


@strawberry.input(description="Filter for cycles; all conditions are ANDed.")
class CycleFilter:
    """Filter for cycles."""

    name: TextComparator | None = where("{row}.name", "Name.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: CycleStateComparator | None = where("{row}.state", "State, such as ACTIVE.")
    starts_on: DateComparator | None = where("{row}.starts_on", "First day of the cycle.")
    ends_on: DateComparator | None = where("{row}.ends_on", "Last day of the cycle.")
    parent: EntityFilter | None = where(
        "{row}.parent_id", "Enclosing cycle, such as the year of a quarter.", value=_id, external="cycle"
    )
    and_: list["CycleFilter"] | None = all_match()
    or_: list["CycleFilter"] | None = any_matches()
    not_: "CycleFilter | None" = does_not_match()


@strawberry.input(description="Filter for objectives; all conditions are ANDed.")
class ObjectiveFilter:
    """Filter for objectives."""

    cycle: EntityFilter | None = where(
        "{row}.cycle_id", "Cycle of the objective.", value=_id, external="cycle"
    )
    team: EntityFilter | None = where("{row}.team_id", "Team of the objective.", value=_id, external="team")
    owner: EntityFilter | None = where("{row}.owner_id", "Person accountable.", value=_id, external="person")
    title: TextComparator | None = where("{row}.title", "Title.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: ObjectiveStateComparator | None = where("{row}.state", "State, such as PUBLISHED.")
    kind: ObjectiveKindComparator | None = where("{row}.kind", "Kind, such as COMMITTED.")
    parent: EntityFilter | None = where(
        PARENT_OBJECTIVE.format(edge="edge"),
        "Objective that it is aligned to, directly or through a key result. One parent that meets all "
        "conditions is enough; `isNull: true` is the same as `isOrphan: true`.",
        value=_id,
        external="objective",
        among=PARENTS,
    )
    is_orphan: bool | None = where(
        "", "true: it has no parent that you can see; false: it has one.", none_among=PARENTS
    )
    status: StatusComparator | None = where(
        STATUS, "Displayed status, evaluated at the time of the request.", clock=True
    )
    progress: NumberComparator | None = where("{row}.progress", "Progress, 0 to 1.")
    coverage: NumberComparator | None = where(
        "{row}.coverage", "Share of the weight below that has a reading, 0 to 1."
    )
    confidence: NumberComparator | None = where("{row}.confidence", "Confidence, 0 to 1.")
    and_: list["ObjectiveFilter"] | None = all_match()
    or_: list["ObjectiveFilter"] | None = any_matches()
    not_: "ObjectiveFilter | None" = does_not_match()


OBJECTIVE_OF_CHECK_IN = """
    (select asked.objective_id from key_result asked
     where asked.organization_id = {row}.organization_id and asked.id = {row}.key_result_id)
"""
IS_CURRENT = """
    {row}.retraction_reason is null and not exists (
        select from check_in later
        where later.organization_id = {row}.organization_id and later.supersedes_id = {row}.id)
"""


@strawberry.input(description="Filter for check-ins; all conditions are ANDed.")
class CheckInFilter:
    """Filter for check-ins."""

    key_result: EntityFilter | None = where(
        "{row}.key_result_id", "Key result of the check-in.", value=_id, external="key_result"
    )
    objective: EntityFilter | None = where(
        OBJECTIVE_OF_CHECK_IN, "Objective of the key result.", value=_id, external="objective"
    )
    author: EntityFilter | None = where(
        "{row}.author_person_id",
        "Person who recorded it; missing if a service did.",
        value=_id,
        external="person",
    )
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    status: ReportedStatusComparator | None = where("{row}.status", "Reported status.")
    confidence: NumberComparator | None = where("{row}.confidence", "Reported confidence, 0 to 1.")
    value: NumberComparator | None = where("{row}.value", "Reported value, in the key result's unit.")
    note: TextComparator | None = where("{row}.note", "Note.")
    effective_at: DateTimeComparator | None = where("{row}.effective_at", "Instant that the reading is for.")
    recorded_at: DateTimeComparator | None = where("{row}.recorded_at", "When it was recorded.")
    is_current: bool | None = where(
        IS_CURRENT, "true: it counts; false: it was corrected or retracted, or is a retraction."
    )
    and_: list["CheckInFilter"] | None = all_match()
    or_: list["CheckInFilter"] | None = any_matches()
    not_: "CheckInFilter | None" = does_not_match()


CYCLE_OF_KEY_RESULT = """
    (select holder.cycle_id from objective holder
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""


@strawberry.input(description="Filter for key results; all conditions are ANDed.")
class KeyResultFilter:
    """Filter for key results."""

    objective: EntityFilter | None = where(
        "{row}.objective_id", "Objective of the key result.", value=_id, external="objective"
    )
    cycle: EntityFilter | None = where(
        CYCLE_OF_KEY_RESULT, "Cycle of the objective.", value=_id, external="cycle"
    )
    owner: EntityFilter | None = where("{row}.owner_id", "Person accountable.", value=_id, external="person")
    title: TextComparator | None = where("{row}.title", "Title.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: KeyResultStateComparator | None = where("{row}.state", "State, such as ACTIVE.")
    measure: KeyResultMeasureComparator | None = where(
        "{row}.measure", "How check-in values become progress, such as INCREASE."
    )
    status: StatusComparator | None = where(
        STATUS, "Displayed status, evaluated at the time of the request.", clock=True
    )
    progress: NumberComparator | None = where("{row}.progress", "Progress, 0 to 1.")
    confidence: NumberComparator | None = where("{row}.confidence", "Confidence, 0 to 1.")
    due_on: DateComparator | None = where("{row}.due_on", "Due day; missing if due at the end of the cycle.")
    and_: list["KeyResultFilter"] | None = all_match()
    or_: list["KeyResultFilter"] | None = any_matches()
    not_: "KeyResultFilter | None" = does_not_match()


@strawberry.input(description="Filter for people; all conditions are ANDed.")
class PersonFilter:
    """Filter for people."""

    name: TextComparator | None = where("{row}.name", "Name.")
    email: TextComparator | None = where("{row}.email", "E-mail address.")
    active: bool | None = where("{row}.active", "false: has left; true: has not.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    and_: list["PersonFilter"] | None = all_match()
    or_: list["PersonFilter"] | None = any_matches()
    not_: "PersonFilter | None" = does_not_match()


@strawberry.input(description="Filter for teams; all conditions are ANDed.")
class TeamFilter:
    """Filter for teams."""

    name: TextComparator | None = where("{row}.name", "Name.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    parent: EntityFilter | None = where(
        "{row}.parent_id",
        "Team that it is part of; `isNull: true` finds the top level.",
        value=_id,
        external="team",
    )
    and_: list["TeamFilter"] | None = all_match()
    or_: list["TeamFilter"] | None = any_matches()
    not_: "TeamFilter | None" = does_not_match()


@strawberry.input(description="Filter for changes; all conditions are ANDed.")
class ChangeFilter:
    """Filter for changes."""

    kinds: list[ChangeKind] | None = said("The kind is one of these.")
    node_types: list[NodeType] | None = said("The changed entity is of one of these types.")
    node_id: strawberry.ID | None = said(
        "The change is of this entity or moved its numbers. A change is of what it edited and of the key "
        "results that it recorded check-ins on; one of a key result is also of its objective."
    )
    is_direct: bool | None = said(
        "Only with `nodeId`. true: the change is of the entity; false: it only moved its numbers."
    )
