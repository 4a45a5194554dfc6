"""Table of event sources: each is one function, with a name under which its positions are stored.

To add a source: its function (organisation, window) to the next events in order, its kinds of changes in
`okr.change_kind.CLOCK_KINDS`, and a line here. It begins at the present instant in organisations that exist.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from okr_api.okr.clock_event import ClockWindow, DueEvents
from okr_api.store.bulk_write import Postgres
from okr_api.store.cycle_days import cycle_events
from okr_api.store.slot_events import slot_events
from okr_api.store.status_turns import status_events


@dataclass(frozen=True, slots=True)
class EventSource:
    """Source of clock events.

    `due` returns the next events within a window, from facts alone. It is asked in a snapshot, and for the
    nodes of what it found once more while the organisation is locked: what does not come again is not told.
    """

    name: str
    due: Callable[[Postgres, UUID, ClockWindow], Awaitable[DueEvents]]


# Events of one instant are told in this order.
SOURCES: Sequence[EventSource] = (
    EventSource("cycles", cycle_events),
    EventSource("status", status_events),
    EventSource("slots", slot_events),
)
