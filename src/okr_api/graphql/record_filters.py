"""Filters and arguments of lists of roadblocks, meetings and decisions."""

from typing import Annotated

import strawberry

from okr_api.graphql.comparators import DateComparator, DateTimeComparator, EntityFilter, TextComparator, said
from okr_api.graphql.filter_fields import all_match, any_matches, does_not_match, id_within, where
from okr_api.graphql.list_arguments import BY_CREATION
from okr_api.graphql.record_orders import DecisionOrder, MeetingOrder, RoadblockOrder
from okr_api.graphql.work_enums import DecisionState, RoadblockState, RoadblockType
from okr_api.store.tree_edges import OBJECTIVE_OF_RECORD, TEAM_OF_DECISION, TEAM_OF_RECORD


@strawberry.input(description="Condition on the type of a roadblock; all conditions are ANDed.")
class RoadblockTypeComparator:
    """Comparator for roadblock types."""

    eq: RoadblockType | None = said("Equal to this type.")
    in_: list[RoadblockType] | None = said("Equal to one of these types.", name="in")
    not_in: list[RoadblockType] | None = said("Equal to none of these types.")


@strawberry.input(description="Condition on the state of a roadblock; all conditions are ANDed.")
class RoadblockStateComparator:
    """Comparator for roadblock states."""

    eq: RoadblockState | None = said("Equal to this state.")
    in_: list[RoadblockState] | None = said("Equal to one of these states.", name="in")
    not_in: list[RoadblockState] | None = said("Equal to none of these states.")


@strawberry.input(description="Condition on the state of a decision; all conditions are ANDed.")
class DecisionStateComparator:
    """Comparator for decision states."""

    eq: DecisionState | None = said("Equal to this state.")
    in_: list[DecisionState] | None = said("Equal to one of these states.", name="in")
    not_in: list[DecisionState] | None = said("Equal to none of these states.")


@strawberry.input(description="Filter for roadblocks; all conditions are ANDed.")
class RoadblockFilter:
    """Filter for roadblocks."""

    objective: EntityFilter | None = where(
        OBJECTIVE_OF_RECORD,
        "Objective of the roadblock, also where it is of one of its key results.",
        value=id_within,
        external="objective",
    )
    key_result: EntityFilter | None = where(
        "{row}.key_result_id",
        "Key result of the roadblock; missing if it is of an objective itself.",
        value=id_within,
        external="key_result",
    )
    team: EntityFilter | None = where(
        TEAM_OF_RECORD, "Team of the objective.", value=id_within, external="team"
    )
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable.", value=id_within, external="person"
    )
    escalated_to: EntityFilter | None = where(
        "{row}.escalated_to_id",
        "Person to whom it is escalated; missing if it is not.",
        value=id_within,
        external="person",
    )
    type: RoadblockTypeComparator | None = where("{row}.type", "Type, such as DECISION.")
    state: RoadblockStateComparator | None = where("{row}.state", "State, such as OPEN.")
    title: TextComparator | None = where("{row}.title", "Title.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    due_on: DateComparator | None = where("{row}.due_on", "Due day; missing if it has none.")
    and_: list["RoadblockFilter"] | None = all_match()
    or_: list["RoadblockFilter"] | None = any_matches()
    not_: "RoadblockFilter | None" = does_not_match()


@strawberry.input(description="Filter for meetings; all conditions are ANDed.")
class MeetingFilter:
    """Filter for meetings."""

    team: EntityFilter | None = where("{row}.team_id", "Team that met.", value=id_within, external="team")
    cycle: EntityFilter | None = where(
        "{row}.cycle_id", "Cycle that it was about.", value=id_within, external="cycle"
    )
    held_at: DateTimeComparator | None = where("{row}.held_at", "When it was held.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    and_: list["MeetingFilter"] | None = all_match()
    or_: list["MeetingFilter"] | None = any_matches()
    not_: "MeetingFilter | None" = does_not_match()


@strawberry.input(description="Filter for decisions; all conditions are ANDed.")
class DecisionFilter:
    """Filter for decisions."""

    objective: EntityFilter | None = where(
        OBJECTIVE_OF_RECORD,
        "Objective that it is about, also where it is about one of its key results.",
        value=id_within,
        external="objective",
    )
    key_result: EntityFilter | None = where(
        "{row}.key_result_id",
        "Key result that it is about; missing if it is about none.",
        value=id_within,
        external="key_result",
    )
    meeting: EntityFilter | None = where(
        "{row}.meeting_id",
        "Meeting that took it, also a deleted one; missing outside of meetings.",
        value=id_within,
        external="meeting",
    )
    team: EntityFilter | None = where(
        TEAM_OF_DECISION,
        "Team of the meeting, or of the objective if it was decided outside of meetings.",
        value=id_within,
        external="team",
    )
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable.", value=id_within, external="person"
    )
    state: DecisionStateComparator | None = where("{row}.state", "State, such as OPEN.")
    text: TextComparator | None = where("{row}.text", "What was decided.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    due_on: DateComparator | None = where("{row}.due_on", "Due day; missing if it has none.")
    and_: list["DecisionFilter"] | None = all_match()
    or_: list["DecisionFilter"] | None = any_matches()
    not_: "DecisionFilter | None" = does_not_match()


RoadblockFilterArgument = Annotated[
    RoadblockFilter | None,
    strawberry.argument(description="Only roadblocks that match; all conditions are ANDed."),
]
MeetingFilterArgument = Annotated[
    MeetingFilter | None,
    strawberry.argument(description="Only meetings that match; all conditions are ANDed."),
]
DecisionFilterArgument = Annotated[
    DecisionFilter | None,
    strawberry.argument(description="Only decisions that match; all conditions are ANDed."),
]
RoadblockOrderArgument = Annotated[RoadblockOrder | None, BY_CREATION]
MeetingOrderArgument = Annotated[
    MeetingOrder | None, strawberry.argument(description="Sort order; the latest first if omitted.")
]
DecisionOrderArgument = Annotated[DecisionOrder | None, BY_CREATION]
