"""Change: one committed mutation as an entry of the feed, with the numbers that it moved."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .check_in import Author
from .computed_values import Status
from .entities import ChangeKind
from .entity import NodeType
from .objective import ProgressSource

__all__ = ["Change", "ChangeKind", "Delta", "NodeType"]


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
    confidence_before: float | None = None
    confidence_after: float | None = None
    coverage_before: float | None = None
    coverage_after: float | None = None
    value_before: float | None = None
    value_after: float | None = None


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
