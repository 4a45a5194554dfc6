"""GraphQL type of key results."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql import values_at_time
from okr_api.graphql.fields import (
    column,
    created_at,
    derived,
    documents,
    external_id,
    global_id,
    many,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.list_arguments import CheckInFilterArgument, CheckInOrderArgument
from okr_api.graphql.types.advice import Advice, key_result_coaching
from okr_api.graphql.types.check_in import CheckIn, check_ins_page
from okr_api.graphql.types.measured import Measured
from okr_api.graphql.types.milestone import Milestone, milestones_with_done
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.people import Person
from okr_api.okr.change import NodeType
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import KeyResultMeasure
from okr_api.query_engine.relation_sql import END_OF_KEY_RESULT, KIND_OF_OBJECTIVE, recorded
from okr_api.store.tree_edges import ALIGNED
from okr_api.store.unpublished import UNPUBLISHED_KEY_RESULT

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective


@view_of(
    "key_result",
    hidden=UNPUBLISHED_KEY_RESULT,
    expressions={
        "cycle_ends_at": END_OF_KEY_RESULT,
        "objective_kind": KIND_OF_OBJECTIVE,
        **recorded("key_result_version"),
    },
)
@strawberry.type(description="A measurable outcome that shows whether its objective is being reached.")
class KeyResult(Measured):
    id: strawberry.ID = global_id(NodeType.KEY_RESULT)
    external_id: str | None = external_id()
    title: str = column("title", 'Title, such as "Refunds within one day"; 1 to 500 characters.')
    description: str | None = column(
        "description", "Details, at most 10,000 characters; null if there are none."
    )
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "objective_id", "Objective that it measures.", seen=True
    )
    owner: Person | None = one("owner_id", "Person accountable; null if unassigned.")
    state: KeyResultState = column(
        "state", "ACTIVE, PAUSED or DROPPED; only an active one counts in its objective."
    )
    measure: KeyResultMeasure = column("measure", "How check-in values become progress.")
    unit: str | None = column("unit", "Unit of all its values, such as `%` or `EUR`; null if it has none.")
    start_value: float | None = derived(
        lambda defined, counted: defined if defined is not None else counted,
        "start_value",
        "counted_from",
        sql="coalesce({row}.start_value, {row}.counted_from)",
        description="Starting value, in `unit`: progress counts from it. INCREASE and DECREASE without one "
        "take the first reading; otherwise null.",
    )
    target_value: float | None = column(
        "target_value",
        "Value to reach (0.7 for ZONES), or the limit of AT_LEAST and AT_MOST, in `unit`. Null "
        "for other measures.",
    )
    lower_bound: float | None = column(
        "lower_bound", "Lowest value inside the range of WITHIN, in `unit`; null for other measures."
    )
    upper_bound: float | None = column(
        "upper_bound", "Highest value inside the range of WITHIN, in `unit`; null for other measures."
    )
    commit_value: float | None = column(
        "commit_value", "Value of ZONES that scores 0.3, in `unit`; null for other measures."
    )
    stretch_value: float | None = column(
        "stretch_value", "Value of ZONES that scores 1, in `unit`; null for other measures."
    )
    milestones: list[Milestone] = documents(
        milestones_with_done,
        "milestones",
        "milestones_done",
        description="Milestones in order; empty unless the measure is MILESTONES.",
    )
    current_value: float | None = column(
        "current_value",
        "Value of the reading with the latest `effectiveAt`, in `unit`; null before the first "
        "reading and for MILESTONES. Readings after the cycle's last day are ignored.",
    )
    weight: float = column(
        "weight", "Weight in the objective's means: 0 (does not count), or 0.000001 to 1000000."
    )
    due_on: date | None = column(
        "due_on", "Last day to reach it, in the organisation's time zone; null for the last day of the cycle."
    )
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()
    raw_progress: float | None = column(
        "raw_progress", "Unclamped progress; may be below 0 or above 1. Null if `progress` is null."
    )
    progress: float | None = column(
        "progress", "Progress, 0 to 1; null if it cannot be computed, see `progressReason`."
    )
    progress_reason: ProgressReason | None = column(
        "progress_reason", "Why `progress` is null; otherwise null."
    )
    coverage: float | None = column(
        "coverage", "1 if it has progress from a reading, else 0. See `Objective.coverage`."
    )
    within_limit: bool | None = column(
        "holds",
        "Whether `currentValue` is within the limit. Only AT_LEAST, AT_MOST and WITHIN; "
        "otherwise null, and null before the first reading.",
    )
    within_limit_share: float | None = column(
        "held_share",
        "Share of the time from the first to the latest reading in which the limit held, 0 to "
        "1. Null where `withinLimit` is.",
    )
    confidence: float | None = column(
        "confidence", "Latest reported confidence that it will be reached, 0 to 1; null if none was reported."
    )
    score: float | None = derived(
        values_at_time.score_at,
        "score_at_end",
        "cycle_ends_at",
        clock=True,
        description="Final score, 0 to 1, from readings effective before the cycle's end; null before the "
        "cycle ends or is closed, or if nothing was measured.",
    )
    imported_score: float | None = column(
        "imported_score",
        "Score taken over from another system, unchanged and not used in any calculation; null "
        "if there is none.",
    )
    band: Band | None = derived(
        values_at_time.band_at,
        "score_at_end",
        "cycle_ends_at",
        "objective_kind",
        clock=True,
        description="Colour of `score`; null where `score` is, and under a LEARNING objective.",
    )
    expected_progress: float | None = derived(
        values_at_time.expected_at,
        "expected_at",
        "expected",
        clock=True,
        description="Progress expected by now, 0 to 1. By default it rises evenly from the cycle's start to "
        "the due day, to 1.0 (0.7 for ZONES and under an ASPIRATIONAL objective). A limit is "
        "expected to hold from its first reading on.",
    )
    progress_gap: float | None = derived(
        values_at_time.gap_at,
        "progress",
        "expected_at",
        "expected",
        clock=True,
        description="`expectedProgress` minus `progress`; negative when ahead. Above 0.10 is at risk, above "
        "0.25 off track. Null if `progress` is.",
    )
    status: Status = derived(
        values_at_time.status_at,
        "statuses",
        "status_turns",
        clock=True,
        sql=values_at_time.STATUS,
        description="Status to display: the first that applies of ACHIEVED or MISSED (closed), DROPPED, "
        "PAUSED, PENDING (draft objective or cycle), STALE, `reportedStatus`, `derivedStatus`.",
    )
    reported_status: ReportedStatus | None = derived(
        values_at_time.reported_at,
        "reported_status",
        "reported_until",
        clock=True,
        description="Status of the latest check-in that reported one. Null without one, and from 10 days "
        "after the latest check-in (7 until the next is due, 3 of grace).",
    )
    derived_status: Status = derived(
        values_at_time.status_at,
        "derived_statuses",
        "derived_turns",
        clock=True,
        sql=values_at_time.DERIVED_STATUS,
        description="Status calculated from progress against elapsed time, ignoring what people reported. A "
        "limit is ON_TRACK while it holds, else OFF_TRACK. PENDING in a draft, without "
        "progress, and until 5 % of the time has passed.",
    )
    divergent: bool = derived(
        values_at_time.divergent_at,
        "reported_status",
        "reported_until",
        "derived_statuses",
        "derived_turns",
        clock=True,
        description="True if `reportedStatus` is not null and differs from `derivedStatus`; show a hint.",
    )
    next_status_change_at: datetime | None = derived(
        values_at_time.next_turn,
        "status_turns",
        clock=True,
        description="When `status` will change next by the clock alone, so that you can refresh then; null "
        "if it will not.",
    )
    latest_check_in: CheckIn | None = one(
        "latest_check_in_id",
        "Check-in that the current reading comes from; null before the first reading.",
        seen=True,
    )

    aligned_objectives: list[Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")]] = (
        many(
            "edge.parent_key_result_id",
            "Objectives that contribute to or support it.",
            joined=ALIGNED,
        )
    )
    coaching: list[Advice] = key_result_coaching()

    @paged(
        check_ins_page("{row}.key_result_id"),
        "All check-ins, also corrected and retracted ones; latest first unless `orderBy` is given.",
    )
    def check_ins(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CheckInFilterArgument = None,
        order_by: CheckInOrderArgument = None,
    ) -> Connection[CheckIn]:
        raise AssertionError("It is read by its declaration")
