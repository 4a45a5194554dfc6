"""GraphQL filter inputs of cycles, objectives, key results, check-ins and changes, with SQL expressions."""

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
from okr_api.graphql.filter_fields import all_match, any_matches, does_not_match, id_within, where
from okr_api.graphql.values_at_time import STATUS
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.query_engine.sql_filters import Related
from okr_api.store.hidden_rows import HIDDEN_ALIGNMENT
from okr_api.store.tree_edges import OBJECTIVE_OF_CHECK_IN, PARENT_OBJECTIVE

PARENTS = Related(
    "alignment edge",
    "edge.organization_id = {row}.organization_id and edge.child_id = {row}.id",
    hidden=HIDDEN_ALIGNMENT.replace("{row}", "edge"),
)


NAMED_PRIORITIES = Related(
    "priority served",
    "served.organization_id = {row}.organization_id and served.id = any({row}.priority_ids) "
    "and not served.removed",
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
        "{row}.parent_id",
        "Enclosing cycle, such as the year of a quarter.",
        value=id_within,
        external="cycle",
    )
    and_: list["CycleFilter"] | None = all_match()
    or_: list["CycleFilter"] | None = any_matches()
    not_: "CycleFilter | None" = does_not_match()


@strawberry.input(description="Filter for objectives; all conditions are ANDed.")
class ObjectiveFilter:
    """Filter for objectives."""

    cycle: EntityFilter | None = where(
        "{row}.cycle_id", "Cycle of the objective.", value=id_within, external="cycle"
    )
    team: EntityFilter | None = where(
        "{row}.team_id", "Team of the objective.", value=id_within, external="team"
    )
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable.", value=id_within, external="person"
    )
    title: TextComparator | None = where("{row}.title", "Title.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: ObjectiveStateComparator | None = where("{row}.state", "State, such as PUBLISHED.")
    kind: ObjectiveKindComparator | None = where("{row}.kind", "Kind, such as COMMITTED.")
    parent: EntityFilter | None = where(
        PARENT_OBJECTIVE.format(edge="edge"),
        "Objective that it is aligned to, directly or through a key result. One parent that meets all "
        "conditions is enough; `isNull: true` is the same as `isOrphan: true`.",
        value=id_within,
        external="objective",
        among=PARENTS,
    )
    priority: EntityFilter | None = where(
        "served.id",
        "Priority that it names itself. One priority that meets all conditions is enough; `isNull: true` "
        "finds objectives that name none.",
        value=id_within,
        external="priority",
        among=NAMED_PRIORITIES,
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


IS_CURRENT = """
    {row}.retraction_reason is null and not exists (
        select from check_in later
        where later.organization_id = {row}.organization_id and later.supersedes_id = {row}.id)
"""


@strawberry.input(description="Filter for check-ins; all conditions are ANDed.")
class CheckInFilter:
    """Filter for check-ins."""

    key_result: EntityFilter | None = where(
        "{row}.key_result_id",
        "Key result of the check-in; missing for one on an objective itself.",
        value=id_within,
        external="key_result",
    )
    objective: EntityFilter | None = where(
        OBJECTIVE_OF_CHECK_IN,
        "Objective of the check-in, or of its key result.",
        value=id_within,
        external="objective",
    )
    author: EntityFilter | None = where(
        "{row}.author_person_id",
        "Person who recorded it; missing if a service did.",
        value=id_within,
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


LABELS = Related("unnest({row}.labels) label", "true", hidden="false")
CYCLE_OF_KEY_RESULT = """
    (select holder.cycle_id from objective holder
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""


@strawberry.input(description="Filter for key results; all conditions are ANDed.")
class KeyResultFilter:
    """Filter for key results."""

    objective: EntityFilter | None = where(
        "{row}.objective_id", "Objective of the key result.", value=id_within, external="objective"
    )
    cycle: EntityFilter | None = where(
        CYCLE_OF_KEY_RESULT, "Cycle of the objective.", value=id_within, external="cycle"
    )
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable.", value=id_within, external="person"
    )
    metric: EntityFilter | None = where("{row}.metric_id", "Its metric.", value=id_within, external="metric")
    label: TextComparator | None = where(
        "label",
        "One of its labels. One that meets all conditions is enough; `isNull: true` finds key results "
        "without labels.",
        among=LABELS,
    )
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
