"""Key results."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from okr_api.graphql import time_derived_fields
from okr_api.graphql.fields import (
    column,
    derived,
    documents,
    external_id,
    global_id,
    one,
    paged,
    version,
    view_of,
)
from okr_api.graphql.types.check_in import CheckIn
from okr_api.graphql.types.node import (
    After,
    Before,
    Connection,
    First,
    Last,
    Node,
)
from okr_api.graphql.types.people import Person
from okr_api.okr.change import NodeType
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import KeyResultMeasure
from okr_api.query_engine.field_sources import Ordering, Page
from okr_api.store.unpublished import UNPUBLISHED_KEY_RESULT

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective

ENDS_AT = """
    (select cycle.ends_at from objective holder
     join cycle on cycle.organization_id = holder.organization_id and cycle.id = holder.cycle_id
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""
KIND = """
    (select holder.kind from objective holder
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""


def _milestones(milestones: Sequence[Mapping[str, Any]], done: Sequence[str] | None) -> list[dict[str, Any]]:
    return [
        {**milestone, "done": milestone["key"] in (done or ()), "dueOn": _day(milestone["dueOn"])}
        for milestone in milestones
    ]


def _day(written: str | date | None) -> date | None:
    return date.fromisoformat(written) if isinstance(written, str) else written


@view_of()
@strawberry.type(description="One step that is either done or not.")
class Milestone:
    """A milestone."""

    key: str = column("key", "Names it within its key result; for `milestonesDone`.")
    name: str = column("name", "What is to be done.")
    weight: float = column("weight", "Its share of the whole; 1 by default.")
    due_on: date | None = column("dueOn", "The day by whose end it is to be done.")
    done: bool = column("done", "Whether it is done by the current check-in.")


@view_of(
    "key_result",
    hidden=UNPUBLISHED_KEY_RESULT,
    expressions={"cycle_ends_at": ENDS_AT, "objective_kind": KIND},
)
@strawberry.type(description="One measured outcome that tells whether its objective is being reached.")
class KeyResult(Node):
    """A key result."""

    id: strawberry.ID = global_id(NodeType.KEY_RESULT)
    external_id: str | None = external_id()
    title: str = column("title", "What is to come out.")
    description: str | None = column("description", "More about it.")
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "objective_id", "The objective that it measures.", seen=True
    )
    owner: Person | None = one("owner_id", "The one who answers for it.")
    state: KeyResultState = column("state", "Whether it counts.")
    measure: KeyResultMeasure = column("measure", "The way from readings to progress.")
    unit: str | None = column("unit", "The unit of all its values.")
    start_value: float | None = derived(
        lambda defined, counted: defined if defined is not None else counted,
        "start_value",
        "counted_from",
        sql="coalesce({row}.start_value, {row}.counted_from)",
        description="Where progress is counted from, in `unit`; where it was not given, the first reading.",
    )
    target_value: float | None = column("target_value", "The target, or the limit, in `unit`.")
    lower_bound: float | None = column("lower_bound", "The least allowed value of WITHIN.")
    upper_bound: float | None = column("upper_bound", "The greatest allowed value of WITHIN.")
    commit_value: float | None = column("commit_value", "The value of ZONES that is promised: 0.3.")
    stretch_value: float | None = column("stretch_value", "The value of ZONES that would be a triumph: 1.")
    milestones: list[Milestone] = documents(
        _milestones, "milestones", "milestones_done", description="The steps of MILESTONES, in their order."
    )
    current_value: float | None = column("current_value", "The current reading, in `unit`.")
    weight: float = column("weight", "Its weight in the objective's means: 0, or 0.000001 to 1000000.")
    due_on: date | None = column("due_on", "The day by whose end it is due; null for the cycle's last.")
    version: int = version()
    created_at: datetime | None = column("created_at", "When it was created; null for one that was imported.")
    raw_progress: float | None = column("raw_progress", "Progress before it is held within 0 and 1.")
    progress: float | None = column("progress", "How far it has come, from 0 to 1; null with a reason.")
    progress_reason: ProgressReason | None = column("progress_reason", "Why there is no progress.")
    coverage: float = column("coverage", "1 when it has been measured, else 0.")
    holds: bool | None = column(
        "holds", "Whether the limit holds at the current reading; null for other measures."
    )
    held_share: float | None = column("held_share", "The share of the time for which the limit has held.")
    confidence: float | None = column("confidence", "The latest confidence, from 0 to 1.")
    score: float | None = derived(
        time_derived_fields.score_at,
        "score_at_end",
        "cycle_ends_at",
        clock=True,
        description="The score, from 0 to 1; null before the cycle's end and where nothing was measured.",
    )
    imported_score: float | None = column("imported_score", "A score published elsewhere, kept as it was.")
    band: Band | None = derived(
        time_derived_fields.band_at,
        "score_at_end",
        "cycle_ends_at",
        "objective_kind",
        clock=True,
        description="The colour of the score.",
    )
    expected_progress: float | None = derived(
        time_derived_fields.expected_at,
        "expected_at",
        "expected",
        clock=True,
        description="How far it should have come by now, from 0 to 1.",
    )
    gap: float | None = derived(
        time_derived_fields.gap_at,
        "progress",
        "expected_at",
        "expected",
        clock=True,
        description="`expectedProgress` less `progress`: above 0.10 at risk, above 0.25 off track.",
    )
    status: Status = derived(
        time_derived_fields.status_at,
        "statuses",
        "status_turns",
        clock=True,
        sql=time_derived_fields.STATUS,
        description="What to show beside its name.",
    )
    reported_status: ReportedStatus | None = derived(
        time_derived_fields.reported_at,
        "reported_status",
        "reported_until",
        clock=True,
        description="What the latest check-in with a status says, until the next check-in is overdue.",
    )
    derived_status: Status = derived(
        time_derived_fields.status_at,
        "derived_statuses",
        "derived_turns",
        clock=True,
        sql=time_derived_fields.DERIVED_STATUS,
        description="What the pace says.",
    )
    divergent: bool = derived(
        time_derived_fields.divergent_at,
        "reported_status",
        "reported_until",
        "derived_statuses",
        "derived_turns",
        clock=True,
        description="Whether the reported and the derived status differ.",
    )
    next_status_change_at: datetime | None = derived(
        time_derived_fields.next_turn,
        "status_turns",
        clock=True,
        description="When `status` will next turn if nothing new is recorded: look again then.",
    )
    latest_check_in: CheckIn | None = one(
        "latest_check_in_id", "The check-in whose reading is the current one.", seen=True
    )

    @paged(
        Page(
            by="{row}.key_result_id",
            order=Ordering("{row}.effective_at", descending=True, kind=datetime, name="EFFECTIVE_AT"),
            seen=True,
        ),
        "All check-ins, corrected ones included, latest effective first.",
    )
    def check_ins(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[CheckIn]:
        """A page."""
        raise AssertionError("It is read by its declaration")
