"""GraphQL type `CheckIn`, and the source of pages of check-ins that other types have, latest first."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    derived,
    external_id,
    gathered,
    global_id,
    one,
    same,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.ordering import ordering, sort_by
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.comment import CommentsOfCheckIn
from okr_api.graphql.types.key_result_snapshot import KeyResultSnapshot
from okr_api.graphql.types.metric import MetricReading
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.people import Actor
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import SUPERSEDED_BY
from okr_api.query_engine.field_sources import Page
from okr_api.query_engine.key_result_snapshots import load_snapshots
from okr_api.store.hidden_rows import HIDDEN_CHECK_IN
from okr_api.store.tree_edges import OBJECTIVE_OF_CHECK_IN

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.objective import Objective

BY_EFFECTIVE_AT = sort_by("EFFECTIVE_AT", descending=True)


def check_ins_page(by: str, source: str = "") -> Page:
    """Return the source of a page of check-ins whose `by` is the row's key, latest first."""
    return Page(
        by=by, source=source, order=BY_EFFECTIVE_AT, seen=True, ordering=ordering, check=validate_filter
    )


@view_of(
    "check_in",
    hidden=HIDDEN_CHECK_IN,
    expressions={"superseded_by_id": SUPERSEDED_BY, "holder_id": OBJECTIVE_OF_CHECK_IN},
)
@strawberry.type(
    description="What was reported about a key result at one instant: a value, confidence, status or "
    "note; or about an objective, without a value. Never edited; a later check-in can correct or retract it."
)
class CheckIn(CommentsOfCheckIn, Node):
    id: strawberry.ID = global_id(NodeType.CHECK_IN)
    external_id: str | None = external_id()
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "holder_id", "Objective that it is about: itself, or that of `keyResult`.", seen=True
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id",
        "Key result that it is about; null for a check-in on the objective itself.",
        seen=True,
    )
    value: float | None = column(
        "value",
        "Measured value, in the key result's unit (0 or 1 for BOOLEAN); null if none was reported, and on an "
        "objective.",
    )
    milestones_done: list[str] | None = column(
        "milestones_done",
        "Keys of all milestones done by then, for MILESTONES; null if none were reported, and on an "
        "objective.",
    )
    confidence: float | None = column(
        "confidence", "Confidence that it will be reached, 0 to 1; null if none was reported."
    )
    status: ReportedStatus | None = column(
        "status", "Status as the author sees it; null if none was reported."
    )
    metric_reading: MetricReading | None = one(
        "metric_reading_id",
        "Reading of a metric that it comes from; null if it was recorded for this key result alone.",
    )
    note: str | None = column("note", "Free text, at most 4,000 characters; null if there is none.")
    effective_at: datetime = column(
        "effective_at",
        "Instant that the reading is for. The reading with the latest one within the cycle is "
        "the current reading.",
    )
    recorded_at: datetime = column(
        "recorded_at", "When it was recorded; later than `effectiveAt` if it was back-dated."
    )
    author: Actor = same("Person or service that recorded it.")
    seq: Seq = column("seq", "Feed position of the change that recorded it.")
    supersedes: "CheckIn | None" = one(
        "supersedes_id", "Check-in that this one corrects or retracts; null for most.", seen=True
    )
    superseded_by: "CheckIn | None" = one(
        "superseded_by_id", "Check-in that corrects or retracts this one; null if none does.", seen=True
    )
    retraction_reason: str | None = column(
        "retraction_reason",
        "Why `supersedes` was retracted; null unless this check-in is a retraction.",
    )
    key_result_snapshots: list[KeyResultSnapshot] = gathered(
        load_snapshots,
        "Of a check-in on an objective: where each of its key results stood then, and at the check-in on "
        "the objective before it. Computed from the check-ins of these, with later corrections; at most 100. "
        "Empty for one on a key result.",
        [],
    )
    viewer_can: ViewerCan = viewer_can(NodeType.CHECK_IN)
    is_current: bool = derived(
        lambda superseded_by, retraction: superseded_by is None and retraction is None,
        "superseded_by_id",
        "retraction_reason",
        description="True if it counts: it was neither corrected nor retracted, and is no retraction itself.",
    )
