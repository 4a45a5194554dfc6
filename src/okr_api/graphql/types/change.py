"""GraphQL types of the feed: `Change`, `ProgressDelta`, `ChangePage`, and `ProgressChange` with its cause."""

from datetime import datetime
from uuid import UUID

import strawberry

from okr_api.graphql.fields import (
    batched,
    column,
    derived,
    documents,
    listed,
    one_of,
    same,
    view_of,
)
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.check_in import CheckIn
from okr_api.graphql.types.measured import Measured
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.people import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.computed_values import Status
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import ProgressSource
from okr_api.query_engine.change_summaries import NEEDS as SUMMARY_NEEDS
from okr_api.query_engine.change_summaries import load_summaries
from okr_api.query_engine.global_ids import encode_id, node_named
from okr_api.store.saved_rows import as_read

DUE_AT = (
    "When a change of the clock fell due, at or before the instant at which it was recorded; null for all "
    "others."
)


def _told_id(node_type: str, id: UUID | str | None) -> str | None:
    return None if id is None else encode_id(node_type, id)


@view_of()
@strawberry.type(
    description="Progress and status of one objective or key result before and after a change. The "
    "status is the one at that change; the clock may have moved it since."
)
class ProgressDelta:
    node_id: strawberry.ID = derived(
        encode_id, "node_type", "node_id", description="Id of the objective or key result that moved."
    )
    node_type: NodeType = column("node_type", "OBJECTIVE or KEY_RESULT.")
    node: Measured | None = one_of(
        node_named,
        "node_type",
        "node_id",
        description="The objective or key result as it is now, at `seq` or later.",
    )
    progress_before: float | None = column("before", "Progress before, 0 to 1; null if it had none.")
    progress_after: float | None = column("after", "Progress after, 0 to 1; null if it has none.")
    confidence_before: float | None = column("confidence_before", "Confidence before; null if it had none.")
    confidence_after: float | None = column("confidence_after", "Confidence after; null if it has none.")
    coverage_before: float | None = column("coverage_before", "Coverage before; null if nothing counted.")
    coverage_after: float | None = column("coverage_after", "Coverage after; null if nothing counts.")
    value_before: float | None = column(
        "value_before", "`currentValue` of a key result before, in its unit; null for objectives."
    )
    value_after: float | None = column(
        "value_after", "`currentValue` of a key result after, in its unit; null for objectives."
    )
    status_before: Status = column("status_before", "Status before.")
    status_after: Status = column("status_after", "Status after.")
    effective_progress_source_before: ProgressSource | None = column(
        "source_before", "`effectiveProgressSource` of an objective before; null for key results."
    )
    effective_progress_source_after: ProgressSource | None = column(
        "source_after",
        "`effectiveProgressSource` of an objective after; if it differs from the one before, the change "
        "switched the source. Null for key results.",
    )


@view_of()
@strawberry.type(
    description="An objective or key result that a change showed to you or hid from you. An objective is "
    "followed by its key results; their check-ins and its alignments appear and disappear as well."
)
class VisibilityChange:
    node_id: strawberry.ID = derived(
        encode_id, "node_type", "node_id", description="Id of the objective or key result."
    )
    node_type: NodeType = column("node_type", "OBJECTIVE or KEY_RESULT.")
    node: Measured | None = one_of(
        node_named,
        "node_type",
        "node_id",
        description="The objective or key result as it is now, at `seq` or later; null if you do not see it "
        "any more: forget it, and everything that belongs to it.",
    )


@view_of()
@strawberry.type(
    description="One committed mutation or import, or something that fell due by the clock: its position in "
    "the feed, and every stored number that it moved."
)
class Change:
    seq: Seq = column("seq", "Position in the feed: in commit order, without gaps.")
    at: datetime = column("recorded_at", "When it was recorded.")
    kind: ChangeKind = column("kind", "What was done, such as CHECK_IN_RECORDED.")
    actor: Actor = same("Person or service that made it, or the clock.")
    node_id: strawberry.ID | None = derived(
        _told_id,
        "node_type",
        "node_id",
        description="Id of the entity that was changed; null if you cannot see it, but can see something "
        "that it moved.",
    )
    node_type: NodeType = column("node_type", "Type of the entity that was changed.")
    node: Node | None = one_of(
        node_named,
        "node_type",
        "node_id",
        description="The entity that was changed, as it is now; null if you cannot see it or it was removed.",
    )
    fields: list[str] = column("fields", "Names of the edited fields; empty if `nodeId` is null.")
    due_at: datetime | None = column("due_at", DUE_AT)
    reason: str | None = column(
        "reason", "Reason given with the change; null if none was, or if `nodeId` is null."
    )
    summary: str = batched(
        load_summaries,
        *SUMMARY_NEEDS,
        description="What was done, as one sentence, such as \"Ana checked in 47 on 'ARR' (from 41)\", with "
        "names as they were at the change. It names nothing that you cannot see. For people: its wording "
        "may change in any release.",
    )
    deltas: list[ProgressDelta] = documents(
        lambda deltas: deltas,
        "deltas",
        description="Every stored number that moved, children before parents; ties are ordered by id.",
    )
    visibility_changes: list[VisibilityChange] = documents(
        list,
        "visibility_changes",
        description="Objectives and key results that the change showed to you or hid from you; usually none. "
        "A key result that moves into a draft or out of one is not among them. "
        "A change with any is given whatever kinds and types a filter names.",
    )


@view_of()
@strawberry.type(
    description="A page of the feed. Not a connection: its cursor is the `seq` that every change and event "
    "carries, and `endSeq` advances even over changes that do not match."
)
class ChangePage:
    nodes: list[Change] = documents(
        lambda changes: [as_read(change) for change in changes],
        "changes",
        description="Changes in feed order.",
    )
    end_seq: Seq = column(
        "end_seq",
        "Position to continue from: pass it as `after`. It advances even if no change matched the filter.",
    )
    has_more: bool = column("has_more", "Whether more changes are available now.")


@view_of()
@strawberry.type(description="The mutation behind a progress change, or the clock.")
class ChangeCause:
    kind: ChangeKind = column("kind", "What was done, such as CHECK_IN_RECORDED.")
    actor: Actor = same("Person or service that made it, or the clock.")
    check_ins: list[CheckIn] = listed(
        "check_in_ids", "Check-ins that it recorded, without those that you cannot see."
    )


@view_of()
@strawberry.type(
    description="Event of a progress subscription: one change that moved numbers or a status in its scope."
)
class ProgressChange:
    seq: Seq = column("seq", "Position in the feed. Pass the latest one as `after` to resume without a gap.")
    at: datetime = column("recorded_at", "When the change was recorded.")
    due_at: datetime | None = column("due_at", DUE_AT)
    cause: ChangeCause = same("What caused the change.")
    deltas: list[ProgressDelta] = documents(
        lambda deltas: deltas,
        "deltas",
        description="Numbers that moved in the scope, children before parents. Empty if the event only "
        "advances `seq`.",
    )
    visibility_changes: list[VisibilityChange] = documents(
        list,
        "visibility_changes",
        description="Objectives and key results in the scope that the change showed to you or hid from you; "
        "usually none.",
    )
