"""Change: one committed mutation as an entry of the feed, with the numbers that it moved."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from .check_in import Author
from .computed_values import Status
from .objective import ProgressSource


class NodeType(StrEnum):
    """Kind of an entity that has an id."""

    ORGANIZATION = "ORGANIZATION"
    PERSON = "PERSON"
    TEAM = "TEAM"
    CYCLE = "CYCLE"
    OBJECTIVE = "OBJECTIVE"
    KEY_RESULT = "KEY_RESULT"
    CHECK_IN = "CHECK_IN"


class ChangeKind(StrEnum):
    """What a change did."""

    ORGANIZATION_CREATED = "ORGANIZATION_CREATED"
    ORGANIZATION_UPDATED = "ORGANIZATION_UPDATED"
    PERSON_CREATED = "PERSON_CREATED"
    PERSON_UPDATED = "PERSON_UPDATED"
    PERSON_REMOVED = "PERSON_REMOVED"
    TEAM_CREATED = "TEAM_CREATED"
    TEAM_UPDATED = "TEAM_UPDATED"
    CYCLE_CREATED = "CYCLE_CREATED"
    CYCLE_UPDATED = "CYCLE_UPDATED"
    CYCLE_ACTIVATED = "CYCLE_ACTIVATED"
    CYCLE_REVIEW_BEGUN = "CYCLE_REVIEW_BEGUN"
    CYCLE_CLOSED = "CYCLE_CLOSED"
    CYCLE_REOPENED = "CYCLE_REOPENED"
    OBJECTIVE_CREATED = "OBJECTIVE_CREATED"
    OBJECTIVE_UPDATED = "OBJECTIVE_UPDATED"
    OBJECTIVE_PUBLISHED = "OBJECTIVE_PUBLISHED"
    OBJECTIVE_PAUSED = "OBJECTIVE_PAUSED"
    OBJECTIVE_DROPPED = "OBJECTIVE_DROPPED"
    OBJECTIVE_RESTORED = "OBJECTIVE_RESTORED"
    OBJECTIVE_ALIGNED = "OBJECTIVE_ALIGNED"
    OBJECTIVE_UNALIGNED = "OBJECTIVE_UNALIGNED"
    OBJECTIVE_MOVED = "OBJECTIVE_MOVED"
    KEY_RESULT_CREATED = "KEY_RESULT_CREATED"
    KEY_RESULT_UPDATED = "KEY_RESULT_UPDATED"
    KEY_RESULT_MOVED = "KEY_RESULT_MOVED"
    KEY_RESULT_PAUSED = "KEY_RESULT_PAUSED"
    KEY_RESULT_DROPPED = "KEY_RESULT_DROPPED"
    KEY_RESULT_RESTORED = "KEY_RESULT_RESTORED"
    CHECK_IN_RECORDED = "CHECK_IN_RECORDED"
    CHECK_IN_RETRACTED = "CHECK_IN_RETRACTED"
    IMPORTED = "IMPORTED"

    @property
    def moves_trees(self) -> bool:
        """Return whether the change may move what scoring counts."""
        return not self.name.startswith(("PERSON_", "TEAM_"))

    @property
    def edits_plans(self) -> bool:
        """Return whether the change may edit what scoring counts, other than by a check-in."""
        return self.moves_trees and not self.name.startswith("CHECK_IN_")


@dataclass(frozen=True, slots=True)
class Delta:
    """Numbers of one objective or key result before and after; the statuses are those at the change."""

    node_type: NodeType
    node_id: UUID
    before: float | None
    after: float | None
    status_before: Status
    status_after: Status
    source_before: ProgressSource | None = None
    source_after: ProgressSource | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an organisation's feed; `seq` has no gaps and follows the order of commits.

    `token_id` and `request_id` say what made it; None for commands of the operator and imports.
    """

    seq: int
    recorded_at: datetime
    kind: ChangeKind
    author: Author
    node_type: NodeType
    node_id: UUID
    fields: tuple[str, ...] = ()
    reason: str | None = None
    deltas: tuple[Delta, ...] = ()
    check_in_ids: tuple[UUID, ...] = ()
    token_id: UUID | None = None
    request_id: str | None = None
