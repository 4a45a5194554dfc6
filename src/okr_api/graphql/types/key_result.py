"""GraphQL type `KeyResult`: computed numbers, statuses, relations; base: `key_result_definition.py`."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql import values_at_time
from okr_api.graphql.fields import (
    column,
    created_at,
    derived,
    gathered,
    gathered_by,
    many,
    one,
    paged,
    same,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.list_arguments import CheckInFilterArgument, CheckInOrderArgument
from okr_api.graphql.path_arguments import PATHS, To, ToExternalId
from okr_api.graphql.types.advice import Advice, key_result_coaching
from okr_api.graphql.types.cadence import CadenceOfKeyResult
from okr_api.graphql.types.check_in import CheckIn, check_ins_page
from okr_api.graphql.types.explanation import Explanations
from okr_api.graphql.types.forecast import Forecast, forecast
from okr_api.graphql.types.formula import USES, KeyResultFormula
from okr_api.graphql.types.history import HistoryOfKeyResult
from okr_api.graphql.types.key_result_definition import KeyResultDefinition
from okr_api.graphql.types.measured import Measured
from okr_api.graphql.types.metric import Metric
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.people import Person
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.graphql.types.progress_paths import ProgressPaths, load_paths
from okr_api.graphql.types.records import RecordsOfKeyResult
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.entity import NodeType
from okr_api.okr.key_result import KeyResultState
from okr_api.query_engine.column_expressions import (
    CADENCE_OF_OBJECTIVE,
    END_OF_KEY_RESULT,
    KIND_OF_OBJECTIVE,
    carried_to,
    recorded,
)
from okr_api.query_engine.hidden_parts import BENEATH_KEY_RESULTS, hidden_beneath
from okr_api.store.hidden_rows import HIDDEN_KEY_RESULT
from okr_api.store.tree_edges import ALIGNED

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective


@view_of(
    "key_result",
    hidden=HIDDEN_KEY_RESULT,
    expressions={
        "cycle_ends_at": END_OF_KEY_RESULT,
        "objective_kind": KIND_OF_OBJECTIVE,
        "inherited_cadence": CADENCE_OF_OBJECTIVE,
        **carried_to("key_result"),
        **recorded("key_result_version"),
    },
)
@strawberry.type(description="A measurable outcome that shows whether its objective is being reached.")
class KeyResult(KeyResultDefinition, CadenceOfKeyResult, HistoryOfKeyResult, RecordsOfKeyResult, Measured):
    title: str = column("title", 'Title, such as "Refunds within one day"; 1 to 500 characters.')
    description: str | None = column(
        "description", "Details, at most 10,000 characters; null if there are none."
    )
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "objective_id", "Objective that it measures.", seen=True
    )
    owner: Person | None = one("owner_id", "Person accountable; null if unassigned.")
    metric: Metric | None = one("metric_id", "Metric that it is bound to; null if to none, or once deleted.")
    metric_from: date | None = column(
        "metric_from",
        "Day on which it was bound to a metric, whose readings from then on are its own; or null.",
    )
    formula: KeyResultFormula | None = same(
        "How its value is computed from those of other key results; null if it is checked in.",
        present="formula_function",
    )
    used_by_formulas: list["KeyResult"] = many(
        "part.id", "Key results whose value is computed from this one, at most 50.", joined=USES
    )
    state: KeyResultState = column("state", "ACTIVE, PAUSED or DROPPED; only an active one counts.")
    viewer_can: ViewerCan = viewer_can(NodeType.KEY_RESULT)
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
        description="Computed score, 0 to 1, from readings effective before the cycle's end; null before the "
        "cycle ends or is in review, or if nothing was measured.",
    )
    imported_score: float | None = column(
        "imported_score",
        "Score taken over from another system, unchanged and not used in any calculation; null "
        "if there is none.",
    )
    band: Band | None = derived(
        values_at_time.band_at,
        "final_score",
        "cycle_ends_at",
        "objective_kind",
        "band",
        clock=True,
        description="Colour of `finalScore`; null where that is, and under a LEARNING objective.",
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
    explain: Explanations = same(
        "How each of its numbers was computed: the rule with the numbers put in, and what its parts add."
    )
    latest_check_in: CheckIn | None = one(
        "latest_check_in_id",
        "Check-in that the current reading comes from; null before the first reading, and with a formula.",
        seen=True,
    )

    aligned_objectives: list[Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")]] = (
        many(
            "edge.parent_key_result_id",
            "Objectives that contribute to or support it.",
            joined=ALIGNED,
        )
    )
    hidden_count: int = gathered(
        hidden_beneath(BENEATH_KEY_RESULTS),
        "Number of published objectives that `alignedObjectives` leaves out because you cannot see them.",
        0,
    )
    forecast: Forecast = forecast()
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

    @gathered_by(load_paths, PATHS)
    def paths(self, to: To = None, to_external_id: ToExternalId = None) -> ProgressPaths | None:
        raise AssertionError("It is read by its declaration")
