"""My work: what a person owes, as one list with when it is due and why it is on it; pure functions.

A new kind of work needs a value of `WorkKind`, what is said of it in `REASONS`, and where it is read a
statement in `query_engine/my_work_statements.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from .change_sentences import shortened
from .check_in_slots import CheckInSlotState, Slot
from .entity import NodeType

MAX_WORK_ITEMS = 500


class WorkKind(StrEnum):
    """What somebody owes; of two things that are due at once, the kind that is named first comes first."""

    CHECK_IN = "CHECK_IN"
    CHECK_IN_DRAFT = "CHECK_IN_DRAFT"
    ROADBLOCK = "ROADBLOCK"
    DECISION = "DECISION"
    DEPENDENCY = "DEPENDENCY"
    INITIATIVE = "INITIATIVE"
    MENTION = "MENTION"
    REVIEW = "REVIEW"


class WorkReason(StrEnum):
    """Why something is on the list of a person."""

    CHECK_IN_DUE = "CHECK_IN_DUE"
    CHECK_IN_LATE = "CHECK_IN_LATE"
    CHECK_IN_AS_DELEGATE = "CHECK_IN_AS_DELEGATE"
    DRAFT_TO_PUBLISH = "DRAFT_TO_PUBLISH"
    OWNS_ROADBLOCK = "OWNS_ROADBLOCK"
    ROADBLOCK_ESCALATED = "ROADBLOCK_ESCALATED"
    OWNS_DECISION = "OWNS_DECISION"
    OWNS_DEPENDENCY = "OWNS_DEPENDENCY"
    OWNS_INITIATIVE = "OWNS_INITIATIVE"
    MENTIONED = "MENTIONED"
    REVIEW_REQUIRED = "REVIEW_REQUIRED"


# What is said of each reason; `{name}` is somebody else, such as who mentioned them.
REASONS: Mapping[WorkReason, str] = {
    WorkReason.CHECK_IN_DUE: "Check in: it is due",
    WorkReason.CHECK_IN_LATE: "Check in: it is late, and still possible",
    WorkReason.CHECK_IN_AS_DELEGATE: "Check in for {name}, who is absent",
    WorkReason.DRAFT_TO_PUBLISH: "Publish the check-in that {name} has drafted",
    WorkReason.OWNS_ROADBLOCK: "Resolve the roadblock, as its owner",
    WorkReason.ROADBLOCK_ESCALATED: "Resolve the roadblock, which was escalated",
    WorkReason.OWNS_DECISION: "Carry out the decision, as its owner",
    WorkReason.OWNS_DEPENDENCY: "Deliver what another team needs, as the owner on the giving side",
    WorkReason.OWNS_INITIATIVE: "Finish the initiative, as its owner",
    WorkReason.MENTIONED: "Answer {name}, who mentioned you",
    WorkReason.REVIEW_REQUIRED: "Review the objective, as its owner: its cycle cannot be closed without",
}
RANKS = {kind: rank for rank, kind in enumerate(WorkKind)}


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing that a person owes: the node that it is about, and since when it has been owed."""

    kind: WorkKind
    node_type: NodeType
    node_id: UUID
    reason: WorkReason
    since: datetime
    due_at: datetime | None = None
    name: str | None = None

    @property
    def why(self) -> str:
        """Return the reason as a sentence."""
        return REASONS[self.reason].format(name=shortened(self.name or "somebody"))

    def is_overdue(self, now: datetime) -> bool:
        """Return whether it was due before an instant."""
        return self.due_at is not None and self.due_at <= now

    @property
    def order(self) -> tuple[bool, datetime, int, UUID]:
        """Return its place: what is due first, what has no due instant last, by how long it has waited."""
        return (self.due_at is None, self.due_at or self.since, RANKS[self.kind], self.node_id)


def in_order(items: Iterable[WorkItem]) -> list[WorkItem]:
    """Return the items in order: overdue ones first, as these were due earliest."""
    return sorted(items, key=lambda item: item.order)


def work_of_slot(slot: Slot, node_type: NodeType, node_id: UUID, names: Mapping[UUID, str]) -> WorkItem:
    """Return an owed check-in as work of who owes it; `names` are those of people who may be excused."""
    reason = WorkReason.CHECK_IN_DUE
    if slot.excused_id is not None:
        reason = WorkReason.CHECK_IN_AS_DELEGATE
    elif slot.state is CheckInSlotState.LATE:
        reason = WorkReason.CHECK_IN_LATE
    name = names.get(slot.excused_id) if slot.excused_id else None
    due = slot.due
    return WorkItem(WorkKind.CHECK_IN, node_type, node_id, reason, due.opens_at, due.due_at, name)
