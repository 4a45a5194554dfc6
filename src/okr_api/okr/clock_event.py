"""Clock event: what falls due at an instant without a mutation, and the position up to which it was told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .calendar import INSTANT
from .change import Delta
from .change_kind import ChangeKind
from .entity import NodeType


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Event of a source. Those of one instant are told by `rank`, then by id.

    An event with a `delta` shares its change with others of the same source and instant. `related_ids` are
    nodes that its change is of beside the node.
    """

    due_at: datetime
    node_id: UUID
    kind: ChangeKind
    node_type: NodeType
    delta: Delta | None = None
    rank: int = 0
    related_ids: tuple[UUID, ...] = ()

    @property
    def key(self) -> tuple[datetime, UUID]:
        """Return its place in the order of its source, which positions are compared with.

        A source gives all events of one key or none of them, and each is of another kind.
        """
        return self.due_at, self.node_id


@dataclass(frozen=True, slots=True)
class ClockPosition:
    """Position of a source: events before `until` are told, and those at it up to an id; None for all."""

    until: datetime
    node_id: UUID | None = None

    @property
    def told_before(self) -> datetime:
        """Return the last instant of which every event was told."""
        return self.until if self.node_id is None else self.until - INSTANT


@dataclass(frozen=True, slots=True)
class ClockWindow:
    """What a source is asked for: its next events after a position up to an instant, at most `limit` of them.

    With `node_ids` only those of these nodes.
    """

    after: ClockPosition
    until: datetime
    limit: int
    node_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class DueEvents:
    """Answer of a source: events in the order of their keys.

    `next_at`: while nothing is changed, nothing else is due before it; None if nothing is due at all.
    """

    events: tuple[ClockEvent, ...]
    next_at: datetime | None
