"""Event batch: the next events of several sources in one order, the positions after them, their changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from okr_api.okr.author import CLOCK
from okr_api.okr.calendar import INSTANT
from okr_api.okr.change import Change
from okr_api.okr.clock_event import ClockEvent, ClockPosition

Key = tuple[datetime, int, UUID]  # instant, place of the source, node


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Next events by the place of their source, and the position of each source after them."""

    events: Sequence[tuple[int, ClockEvent]]
    positions: Sequence[ClockPosition]
    is_last: bool

    def nodes_of(self, place: int) -> tuple[UUID, ...]:
        """Return the nodes of a source's events."""
        return tuple({event.node_id for source, event in self.events if source == place})

    def still(self, confirmed: Collection[tuple[int, ClockEvent]]) -> list[tuple[int, ClockEvent]]:
        """Return the events that are among the confirmed ones, as these are, in the order of the batch."""
        known = {(place, event.key, event.kind): event for place, event in confirmed}
        keys = ((place, event.key, event.kind) for place, event in self.events)
        return [(key[0], known[key]) for key in keys if key in known]


def next_batch(
    found: Sequence[Sequence[ClockEvent]], after: Sequence[ClockPosition], until: datetime, limit: int
) -> EventBatch:
    """Merge what each source found, in the order of their places, into one batch.

    A source that found as many as `limit` may have more, so the batch ends with its last one: what others
    found after that is left for the next batch. No position moves back, whatever the clock does.
    """
    ends = [_key(place, events[-1]) for place, events in enumerate(found) if len(events) >= limit]
    end = min(ends, default=None)
    taken = [
        (place, event)
        for place, events in enumerate(found)
        for event in events
        if end is None or _key(place, event) <= end
    ]
    taken.sort(key=lambda one: (one[1].due_at, one[0], one[1].rank, one[1].node_id))
    reached = [_position(place, end) if end else ClockPosition(until) for place in range(len(found))]
    positions = [max(was, now, key=_order) for was, now in zip(after, reached, strict=True)]
    return EventBatch(taken, positions, is_last=end is None)


def _key(place: int, event: ClockEvent) -> Key:
    return event.due_at, place, event.node_id


def _position(place: int, end: Key) -> ClockPosition:
    """Return the position of a source when all events up to `end` are told."""
    at, last, node_id = end
    if place == last:
        return ClockPosition(at, node_id)
    return ClockPosition(at if place < last else at - INSTANT)


def _order(position: ClockPosition) -> tuple[datetime, bool, int]:
    node_id = position.node_id
    return position.until, node_id is None, 0 if node_id is None else node_id.int


def changes_of(events: Sequence[tuple[int, ClockEvent]], *, first_seq: int, at: datetime) -> list[Change]:
    """Return the changes of events in order: one for each, but one for all deltas of a kind and instant."""
    changes: list[Change] = []
    for _, group in groupby(enumerate(events), key=_shared):
        together = [event for _, (_, event) in group]
        event = together[0]
        related = dict.fromkeys(id for each in together for id in (each.node_id, *each.related_ids))
        changes.append(
            Change(
                seq=first_seq + len(changes),
                recorded_at=at,
                kind=event.kind,
                author=CLOCK,
                node_type=event.node_type,
                node_id=event.node_id,
                deltas=tuple(each.delta for each in together if each.delta is not None),
                related_ids=tuple(id for id in related if id != event.node_id),
                due_at=event.due_at,
            )
        )
    return changes


def _shared(numbered: tuple[int, tuple[int, ClockEvent]]) -> tuple[object, ...]:
    number, (place, event) = numbered
    return place, event.due_at, event.kind, None if event.delta is not None else number
