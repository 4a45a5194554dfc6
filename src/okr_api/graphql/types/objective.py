"""GraphQL type `Objective`: computed numbers, statuses, tree relations; base: `objective_definition.py`."""

from datetime import datetime

import strawberry

from okr_api.graphql import values_at_time
from okr_api.graphql.fields import (
    column,
    created_at,
    derived,
    gathered,
    gathered_by,
    many,
    same,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.path_arguments import PATHS, To, ToExternalId
from okr_api.graphql.types.advice import Advice, objective_coaching
from okr_api.graphql.types.alignment import Alignment
from okr_api.graphql.types.cadence import CadenceOfObjective
from okr_api.graphql.types.explanation import Explanations
from okr_api.graphql.types.grade import GradeOfObjective
from okr_api.graphql.types.history import HistoryOfObjective
from okr_api.graphql.types.key_result import KeyResult
from okr_api.graphql.types.measured import Measured
from okr_api.graphql.types.objective_definition import EXPRESSIONS, ObjectiveDefinition
from okr_api.graphql.types.objective_report import ReportOfObjective
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.graphql.types.progress_paths import ProgressPaths, load_paths
from okr_api.graphql.types.records import RecordsOfObjective
from okr_api.graphql.types.review_record import ReviewOfObjective
from okr_api.graphql.types.status_count import StatusCount
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import ProgressSource
from okr_api.query_engine.descendants import descendant_counts
from okr_api.query_engine.field_sources import Ordering
from okr_api.query_engine.hidden_parts import BENEATH_OBJECTIVES, hidden_beneath
from okr_api.query_engine.tree_query import parts_by_status, worst_part
from okr_api.store.hidden_rows import HIDDEN_OBJECTIVE
from okr_api.store.tree_edges import ANCESTORS, CHILDREN


@view_of(
    "objective",
    hidden=HIDDEN_OBJECTIVE,
    expressions=EXPRESSIONS,
)
@strawberry.type(
    description="What a team wants to achieve in a cycle. Key results measure it; other objectives can "
    "be aligned to it."
)
class Objective(
    ObjectiveDefinition,
    ReportOfObjective,
    GradeOfObjective,
    ReviewOfObjective,
    CadenceOfObjective,
    HistoryOfObjective,
    RecordsOfObjective,
    Measured,
):
    viewer_can: ViewerCan = viewer_can(NodeType.OBJECTIVE)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()
    progress: float | None = column(
        "progress",
        "Weighted mean progress of the parts that count, 0 to 1; null if it cannot be computed, "
        "see `progressReason`.",
    )
    progress_reason: ProgressReason | None = column(
        "progress_reason", "Why `progress` is null; otherwise null."
    )
    progress_source: ProgressSource = column(
        "progress_source",
        "Which parts `progress` is set to count; AUTO leaves the choice to the service, see "
        "`effectiveProgressSource`.",
    )
    effective_progress_source: ProgressSource = column(
        "progress_from",
        "Which parts `progress` counts: what AUTO resolved to, otherwise `progressSource`. Never AUTO.",
    )
    coverage: float | None = column(
        "coverage",
        "Share of the weight below that has a reading, 0 to 1; 0.6 means that 40 % is not "
        "measured yet. Null if nothing counts.",
    )
    confidence: float | None = column(
        "confidence", "Weighted mean confidence of the parts that have one, 0 to 1; null if none has."
    )
    lowest_confidence: float | None = column(
        "lowest_confidence",
        "Lowest confidence among the counting parts and everything below them, 0 to 1; null if "
        "there is none.",
    )
    score: float | None = derived(
        values_at_time.score_at,
        "score_at_end",
        "cycle_ends_at",
        clock=True,
        description="Weighted mean score of the parts that have one, 0 to 1; null before the cycle ends "
        "or is in review, or if no part has a score.",
    )
    score_floor: float | None = derived(
        values_at_time.score_at,
        "score_floor",
        "cycle_ends_at",
        clock=True,
        description="`score` with parts without a score counted as 0, 0 to 1. Null before the cycle ends or "
        "is in review, or if nothing counts.",
    )
    score_is_partial: bool = derived(
        values_at_time.ended,
        "partial",
        "cycle_ends_at",
        clock=True,
        description="True if `score` leaves out parts without a score; see `scoreFloor`. False before the "
        "cycle ends or is in review.",
    )
    guard_rail_broken: bool = derived(
        values_at_time.ended,
        "guard_rail_broken",
        "cycle_ends_at",
        clock=True,
        description="Whether a guard-rail was broken for longer than its budget, so that it is not ACHIEVED "
        "whatever its score. False before the cycle ends or is in review.",
    )
    imported_score: float | None = column(
        "imported_score",
        "Score taken over from another system, unchanged and not used in any calculation; null "
        "if there is none.",
    )
    band: Band | None = derived(
        values_at_time.objective_band_at,
        "final_score",
        "final_floor",
        "cycle_ends_at",
        "kind",
        "band",
        clock=True,
        description="Colour of `finalScoreFloor`, so unmeasured parts do not help: RED below 0.4, YELLOW "
        "below 0.7, else GREEN. Null before the cycle ends or is in review, without a `finalScore`, and for "
        "LEARNING.",
    )
    expected_progress: float | None = derived(
        values_at_time.expected_at,
        "expected_at",
        "expected",
        clock=True,
        description="Progress expected by now, 0 to 1: the weighted mean of the parts' `expectedProgress`. "
        "Null if `progress` is.",
    )
    progress_gap: float | None = derived(
        values_at_time.objective_gap_at,
        "progress",
        "coverage",
        "expected_at",
        "expected",
        clock=True,
        description="`expectedProgress` minus `progress`; negative when ahead. Above 0.10 is at risk, above "
        "0.25 off track. Null while nothing has been measured.",
    )
    status: Status = derived(
        values_at_time.status_at,
        "statuses",
        "status_turns",
        clock=True,
        sql=values_at_time.STATUS,
        description="Status to display: the first that applies of ACHIEVED or MISSED (closed), PAUSED, "
        "DROPPED, `reportedStatus`, STALE (nothing measured, and a part is stale), `derivedStatus`.",
    )
    derived_status: Status = derived(
        values_at_time.status_at,
        "derived_statuses",
        "derived_turns",
        clock=True,
        sql=values_at_time.DERIVED_STATUS,
        description="Status calculated from progress against elapsed time. PENDING in a draft, while "
        "nothing has been measured, and until 5 % of the cycle has passed.",
    )
    next_status_change_at: datetime | None = derived(
        values_at_time.next_turn,
        "status_turns",
        clock=True,
        description="When `status` will change next by the clock alone, so that you can refresh then; null "
        "if it will not.",
    )
    explain: Explanations = same(
        "How each of its numbers was computed: the rule with the numbers put in, and what its parts add."
    )
    parts_by_status: list[StatusCount] = gathered(
        parts_by_status,
        "Number of counting parts per status, worst first. Statuses are counted, never averaged.",
        [],
    )
    worst_part: Status | None = gathered(
        worst_part, "Worst status among the counting parts; null if nothing counts."
    )
    parents: list[Alignment] = many(
        "{row}.child_id", "Alignments to the objectives and key results that it contributes to or supports."
    )
    children: list["Objective"] = many(
        "served.serves",
        "Objectives that contribute to or support it or one of its key results.",
        joined=CHILDREN,
    )
    key_results: list[KeyResult] = many(
        "{row}.objective_id", "Key results that measure it, including paused and dropped ones.", seen=True
    )
    hidden_count: int = gathered(
        hidden_beneath(BENEATH_OBJECTIVES),
        "Number of published objectives that `children` leaves out because you cannot see them. The numbers "
        "of the objective count them all the same.",
        0,
    )
    ancestors: list["Objective"] = many(
        "above.descendant",
        "All objectives above it, through alignments of any kind and through key results, each once; nearest "
        "first.",
        joined=ANCESTORS,
        order=Ordering("above.distance", kind=int, name="DISTANCE"),
    )
    descendant_count: int = gathered(
        descendant_counts,
        "Number of objectives below it, through alignments of any kind and through key results, each once, "
        "of all cycles and states. The same for everybody: what was never published does not count.",
        0,
    )
    coaching: list[Advice] = objective_coaching()

    @gathered_by(load_paths, PATHS)
    def paths(self, to: To = None, to_external_id: ToExternalId = None) -> ProgressPaths | None:
        raise AssertionError("It is read by its declaration")
