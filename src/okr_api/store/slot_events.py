"""Clock events of check-in slots: due without a check-in so far, late, and missed.

An event depends on the check-ins that were effective by its instant, not on when it is told. When slots can
become due follows from the cadences alone, so that key results are read at these instants only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from okr_api.okr.cadence import Cadence
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.check_in_slots import Slot, instants_between
from okr_api.okr.clock_event import ClockEvent, ClockWindow, DueEvents
from okr_api.okr.entity import NodeType
from okr_api.okr.holiday_calendar import NO_HOLIDAYS, HolidayCalendar
from okr_api.okr.people import Organization
from okr_api.okr.slot_event import RANKS, events_of

from .bulk_write import Postgres, Row
from .check_in_plans import load_slots
from .organizations import organization_by_id
from .slot_statements import CADENCES, HOLIDAYS, OWING
from .time_slicing import TimeSlice

MAX_NODES_OF_CLOCK = 200  # of which slots are computed at a time
NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Instants:
    """Instants of a window at which slots can become due, late or missed, in order; the first after it."""

    within: Sequence[datetime]
    following: datetime | None


async def slot_events(connection: Postgres, organization_id: UUID, window: ClockWindow) -> DueEvents:
    """Return the next events of slots within a window; without any cadence there are none."""
    cadences = await connection.fetch(CADENCES, organization_id)
    if not cadences:
        return DueEvents((), None)
    organization = await organization_by_id(connection, organization_id)
    if window.node_ids is not None:
        rows = await connection.fetch(
            OWING, organization_id, NO_ID, len(window.node_ids), list(window.node_ids)
        )
        of_nodes = await _events_of(connection, organization, rows, window)
        return DueEvents(tuple(event for event in of_nodes if _is_ahead(event, window)), window.until)
    instants = await _instants(connection, organization, [row["cadence"] for row in cadences], window)
    found: list[ClockEvent] = []
    for at in instants.within:
        found += await _events_at(connection, organization, at, window, window.limit - len(found))
        if len(found) >= window.limit:
            return DueEvents(tuple(found), window.until)
    return DueEvents(tuple(found), instants.following)


def _is_ahead(event: ClockEvent, window: ClockWindow) -> bool:
    """Return whether an event lies within a window, after its position."""
    after = window.after
    if event.due_at == after.until:
        return after.node_id is not None and event.node_id > after.node_id
    return after.until < event.due_at <= window.until


async def _instants(
    connection: Postgres, organization: Organization, cadences: Sequence[dict[str, str]], window: ClockWindow
) -> Instants:
    """Return when slots can become due, late or missed by any cadence and holidays that were ever set."""
    stored = [row["holiday_calendar"] for row in await connection.fetch(HOLIDAYS, organization.id)]
    calendars = [HolidayCalendar.of_document(one) if one else NO_HOLIDAYS for one in stored]
    within, following, time_slice = set[datetime](), list[datetime](), TimeSlice()
    for document in cadences:
        cadence = Cadence.of_document(document)
        for holidays in calendars:
            after = window.after.told_before
            found, later = instants_between(cadence, holidays, organization.zone, after, window.until)
            within |= found
            following.append(later)
            await time_slice.pause()
    return Instants(sorted(within), min(following, default=None))


async def _events_at(
    connection: Postgres, organization: Organization, at: datetime, window: ClockWindow, limit: int
) -> list[ClockEvent]:
    """Return the events at an instant, by node, as far as they are ahead.

    They are at least `limit` if there are so many; those of one node stay together.
    """
    after = (window.after.node_id or NO_ID) if at == window.after.until else NO_ID
    found: list[ClockEvent] = []
    while True:
        rows = await connection.fetch(OWING, organization.id, after, MAX_NODES_OF_CLOCK, None)
        for event in await _events_of(connection, organization, rows, window):
            if event.due_at == at:
                if len(found) >= limit and event.node_id != found[-1].node_id:
                    return found
                found.append(event)
        if len(rows) < MAX_NODES_OF_CLOCK or len(found) >= limit:
            return found
        after = rows[-1]["id"]


async def _events_of(
    connection: Postgres, organization: Organization, rows: Sequence[Row], window: ClockWindow
) -> list[ClockEvent]:
    """Return the events of nodes from the last instant of which all were told, by node and in order."""
    if not rows:
        return []
    slots = await load_slots(connection, organization, [row["id"] for row in rows], window.until)
    after, until = window.after.told_before, window.until
    found, time_slice = list[ClockEvent](), TimeSlice()
    for row in rows:
        near = (one for one in slots[row["id"]] if one.due.due_at <= until and one.due.missed_from > after)
        told = [(at, RANKS[kind], kind, slot) for slot in near for at, kind in events_of(slot)]
        ahead = sorted((one for one in told if after < one[0] <= until), key=lambda one: one[:2])
        found += [_event(row, slot, at, kind) for at, _, kind, slot in ahead]
        await time_slice.pause()
    return found


def _event(row: Row, slot: Slot, at: datetime, kind: ChangeKind) -> ClockEvent:
    """Return an event of a node, which is also of its objective and of the people who owe the check-in."""
    is_key_result = row["is_key_result"]
    others = (row["objective_id"] if is_key_result else None, slot.owed_by_id, slot.excused_id)
    return ClockEvent(
        at,
        row["id"],
        kind,
        NodeType.KEY_RESULT if is_key_result else NodeType.OBJECTIVE,
        rank=RANKS[kind],
        related_ids=tuple(dict.fromkeys(id for id in others if id is not None)),
    )
