"""GraphQL type `Cycle`: days, state, nested cycles, alignment, coaching, and its objectives as a page."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    gathered,
    gathered_by,
    global_id,
    many,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.list_arguments import ObjectiveFilterArgument, ObjectiveOrderArgument
from okr_api.graphql.ordering import ordering, sort_by
from okr_api.graphql.types.cycle_alignment import CycleAlignment
from okr_api.graphql.types.cycle_rules import CycleRules, cycle_rules
from okr_api.graphql.types.cycle_summary import SummaryOfCycle
from okr_api.graphql.types.meeting import MeetingsOfCycle
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.graphql.types.pulse import PulseOfCycle
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.query_engine.adjustments import NEWEST_FIRST
from okr_api.query_engine.coaching_fields import cycle_advice
from okr_api.query_engine.column_expressions import PULSE, recorded
from okr_api.query_engine.cycle_alignment import alignment_of_cycles
from okr_api.query_engine.double_counts import double_counts_of
from okr_api.query_engine.eased_targets import load_eased_targets
from okr_api.query_engine.field_sources import Page

if TYPE_CHECKING:
    from okr_api.graphql.types.adjustment import Adjustment
    from okr_api.graphql.types.advice import Advice
    from okr_api.graphql.types.double_count import DoubleCounts
    from okr_api.graphql.types.eased_target import EasedTargets
    from okr_api.graphql.types.objective import Objective

LazyDoubleCounts = Annotated["DoubleCounts", strawberry.lazy("okr_api.graphql.types.double_count")]
LazyEasedTargets = Annotated["EasedTargets", strawberry.lazy("okr_api.graphql.types.eased_target")]


@view_of("cycle", expressions=recorded("cycle_version") | {"pulse_id": PULSE})
@strawberry.type(description="Period, such as a quarter or a year, that objectives are set for.")
class Cycle(SummaryOfCycle, MeetingsOfCycle, PulseOfCycle, Node):
    id: strawberry.ID = global_id(NodeType.CYCLE)
    external_id: str | None = external_id()
    name: str = column("name", "Name, such as 2026-Q4; 1 to 500 characters.")
    starts_on: date = column("starts_on", "First day, in the organisation's time zone.")
    ends_on: date = column("ends_on", "Last day, inclusive, in the organisation's time zone.")
    starts_at: datetime = column("starts_at", "Instant at which the first day begins.")
    ends_at: datetime = column(
        "ends_at", "Instant at which the last day ends (exclusive). Scores are null before it."
    )
    state: CycleState = column(
        "state", "State of the cycle, which decides whether edits and check-ins are accepted."
    )
    rules: CycleRules | None = cycle_rules()
    parent: "Cycle | None" = one(
        "parent_id", "Longer cycle that contains this one, such as the year of a quarter; null if none does."
    )
    children: list["Cycle"] = many(
        "{row}.parent_id",
        "Cycles that lie within this one, such as the quarters of a year.",
        order=sort_by("STARTS_ON"),
    )
    viewer_can: ViewerCan = viewer_can(NodeType.CYCLE)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()

    alignment: CycleAlignment = gathered(
        alignment_of_cycles,
        "How far its objectives serve priorities and one another, and what nothing serves.",
    )

    double_counts: LazyDoubleCounts = gathered(
        double_counts_of,
        "What counts more than once in one of its objectives: an objective that arrives by several paths, or "
        "key results that share a metric. Reported where the paths join, not for the objectives above.",
    )
    eased_targets: LazyEasedTargets = gathered(
        load_eased_targets,
        "Revisions that eased what key results of its objectives have to reach. Those of unpublished "
        "objectives do not count.",
    )

    @paged(
        Page(by="{row}.cycle_id", order=NEWEST_FIRST),
        "What was retargeted, paused, dropped or replaced since it began, the latest first, of objectives "
        "that are in it now; unpublished ones do not count. Neither does what an import did. Other than "
        "revisions of targets, nothing is listed that the feed does not keep any more.",
    )
    def adjustments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Adjustment", strawberry.lazy("okr_api.graphql.types.adjustment")]]:
        raise AssertionError("It is read by its declaration")

    @gathered_by(
        cycle_advice,
        "Advice on its objectives together: how many a team and a person have, how many are aspirational, "
        "which have the same title, which drafts wait. The most severe first, at most 100. With a team, on "
        "that team alone; null if there is no such team. Empty once the cycle is in review or closed.",
    )
    def coaching(
        self,
        team_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Advise on this team alone.")
        ] = None,
        team_external_id: Annotated[
            str | None, strawberry.argument(description="Advise on the team with this external id alone.")
        ] = None,
    ) -> list[Annotated["Advice", strawberry.lazy("okr_api.graphql.types.advice")]] | None:
        raise AssertionError("It is read by its declaration")

    @paged(
        Page(by="{row}.cycle_id", ordering=ordering, check=validate_filter),
        "Objectives that are set for it, in order of creation unless `orderBy` is given.",
    )
    def objectives(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ObjectiveFilterArgument = None,
        order_by: ObjectiveOrderArgument = None,
    ) -> Connection[Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")]]:
        raise AssertionError("It is read by its declaration")
