"""The feed: changes, the numbers they moved, and what caused them."""

from datetime import datetime
from uuid import UUID

import strawberry

from okr_api.graphql.fields import (
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
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.people import Actor
from okr_api.okr.change import ChangeKind, NodeType
from okr_api.okr.computed_values import Status
from okr_api.okr.objective import ProgressSource
from okr_api.query_engine.global_ids import as_read, digits_of, encode_id

TYPE_NAMES = {
    NodeType.ORGANIZATION: "Organization",
    NodeType.PERSON: "Person",
    NodeType.TEAM: "Team",
    NodeType.CYCLE: "Cycle",
    NodeType.OBJECTIVE: "Objective",
    NodeType.KEY_RESULT: "KeyResult",
    NodeType.CHECK_IN: "CheckIn",
}


def node_named(node_type: str, id: UUID | str | None) -> tuple[str, str] | None:
    """The name of a node's type, and its id; None where that is not told."""
    return None if id is None else (TYPE_NAMES[NodeType(node_type)], digits_of(id))


def _told_id(node_type: str, id: UUID | str | None) -> str | None:
    return None if id is None else encode_id(node_type, id)


@view_of()
@strawberry.type(
    description="How one objective or key result stood before and after a change, as at that change."
)
class ProgressDelta:
    """What a change moved."""

    node_id: strawberry.ID = derived(encode_id, "node_type", "node_id", description="The id of what moved.")
    node: Node | None = one_of(
        node_named,
        "node_type",
        "node_id",
        description="What moved, as it is read now: never older than `seq`.",
    )
    before: float | None = column("before", "The progress before, 0 to 1.")
    after: float | None = column("after", "The progress after, 0 to 1.")
    status_before: Status = column("status_before", "The status before.")
    status_after: Status = column("status_after", "The status after.")
    progress_from_before: ProgressSource | None = column(
        "source_before", "Which parts an objective's progress was counted from before; null for others."
    )
    progress_from_after: ProgressSource | None = column(
        "source_after", "Which parts it is counted from after: where the two differ, the source was switched."
    )


@view_of()
@strawberry.type(description="One committed mutation: its place in the feed, and every number it moved.")
class Change:
    """An entry of the feed."""

    seq: Seq = column("seq", "Its position: gapless, in the order of commits.")
    at: datetime = column("recorded_at", "When it was recorded.")
    kind: ChangeKind = column("kind", "What was done.")
    actor: Actor = same("Who did it.")
    node_id: strawberry.ID | None = derived(
        _told_id,
        "node_type",
        "node_id",
        description="The id of what was changed; null where you do not see it, but something that it moved.",
    )
    node_type: NodeType = column("node_type", "What kind of entity was changed.")
    node: Node | None = one_of(
        node_named,
        "node_type",
        "node_id",
        description="What was changed, as it is now; null where you do not see it.",
    )
    fields: list[str] = column(
        "fields", "The names of the fields that were edited; empty where `nodeId` is null."
    )
    reason: str | None = column("reason", "The reason that was given; null where `nodeId` is null.")
    deltas: list[ProgressDelta] = documents(
        lambda deltas: deltas,
        "deltas",
        description="Every stored number that moved, children before parents, ties by id.",
    )


@view_of()
@strawberry.type(description="A stretch of the feed.")
class ChangePage:
    """Changes in order."""

    nodes: list[Change] = documents(
        lambda changes: [as_read(change) for change in changes],
        "changes",
        description="The changes, in order.",
    )
    end_seq: Seq = column("end_seq", "Where to go on: hand it in as `after`.")
    has_more: bool = column("has_more", "Whether more follows at once.")


@view_of()
@strawberry.type(description="What caused numbers to move.")
class ChangeCause:
    """The cause."""

    kind: ChangeKind = column("kind", "What was done.")
    actor: Actor = same("Who did it.")
    check_ins: list[CheckIn] = listed(
        "check_in_ids", "The check-ins that were recorded, as far as you see them."
    )


@view_of()
@strawberry.type(description="One mutation that moved numbers in the scope of the subscription.")
class ProgressChange:
    """An event."""

    seq: Seq = column("seq", "Its position: hand the latest one in as `after` to resume.")
    at: datetime = column("recorded_at", "When it was recorded.")
    cause: ChangeCause = same("What caused it.")
    deltas: list[ProgressDelta] = documents(
        lambda deltas: deltas,
        "deltas",
        description="What moved in the scope, children before parents; empty when only the cursor moves on.",
    )
