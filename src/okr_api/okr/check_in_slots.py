"""Check-in slots, computed and never stored: when a check-in is due, who owes it, and which one met it.

A slot opens half an interval before it is due and closes `grace_days` after. A check-in meets the earliest
slot that is open and not met. The next slot follows from the calendar, never from when somebody checked in.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from .absence import Absences, absence_on
from .cadence import Cadence
from .calendar import INSTANT
from .holiday_calendar import NO_HOLIDAYS, HolidayCalendar

MAX_DUES_CACHED = 20_000


class CheckInSlotState(StrEnum):
    """What became of a slot, or is to be done.

    UPCOMING is one that is not open yet, DUE one that is open. ON_TIME has a check-in until the tolerance
    after it was due. LATE has one until the grace ends, or can still have one. MISSED has none. EXCUSED has
    none, and who owed it is absent.
    """

    UPCOMING = "UPCOMING"
    DUE = "DUE"
    ON_TIME = "ON_TIME"
    LATE = "LATE"
    MISSED = "MISSED"
    EXCUSED = "EXCUSED"


AHEAD = frozenset({CheckInSlotState.UPCOMING, CheckInSlotState.DUE, CheckInSlotState.LATE})


@dataclass(frozen=True, slots=True)
class Due:
    """One due instant of a cadence, on a local day, with its window."""

    day: date
    due_at: datetime
    opens_at: datetime
    on_time_until: datetime
    closes_at: datetime

    @property
    def late_from(self) -> datetime:
        """Return the first instant that is not on time any more."""
        return self.on_time_until + INSTANT

    @property
    def missed_from(self) -> datetime:
        """Return the first instant after the window."""
        return self.closes_at + INSTANT


@dataclass(frozen=True, slots=True)
class Slot:
    """A due check-in of a node at an instant: what became of it, by which check-in, and who owes it.

    `excused_id` is the person who is absent; then `owed_by_id` is the delegate, if there is one. `met_at` is
    when the check-in that met it was effective.
    """

    due: Due
    state: CheckInSlotState
    check_in_id: UUID | None = None
    owed_by_id: UUID | None = None
    excused_id: UUID | None = None
    met_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is in force from an instant on: a cadence, or None while nothing is owed, and the holidays."""

    since: datetime
    cadence: Cadence | None
    holidays: HolidayCalendar = NO_HOLIDAYS


@lru_cache(maxsize=MAX_DUES_CACHED)
def _due(cadence: Cadence, holidays: HolidayCalendar, zone: ZoneInfo, place: int) -> Due | None:
    """Return what is due at a place of the series; None where holidays move it to the next one's day."""
    day = holidays.moved(cadence.nominal_day(place))
    if day >= cadence.nominal_day(place + 1):
        return None
    due_at = cadence.instant(day, zone)
    before = place - 1
    while (earlier := holidays.moved(cadence.nominal_day(before))) >= cadence.nominal_day(before + 1):
        before -= 1
    return Due(
        day,
        due_at,
        opens_at=due_at - (due_at - cadence.instant(earlier, zone)) / 2,
        on_time_until=cadence.instant(day + timedelta(days=cadence.tolerance_days), zone),
        closes_at=cadence.instant(day + timedelta(days=cadence.grace_days), zone),
    )


def dues_from(cadence: Cadence, holidays: HolidayCalendar, zone: ZoneInfo, day: date) -> Iterator[Due]:
    """Yield what is due, without end, from the first nominal day on or after a day."""
    place = cadence.place_from(day)
    while True:
        if due := _due(cadence, holidays, zone, place):
            yield due
        place += 1


def instants_between(
    cadence: Cadence, holidays: HolidayCalendar, zone: ZoneInfo, after: datetime, until: datetime
) -> tuple[set[datetime], datetime]:
    """Return when slots become due, late or missed, after an instant and up to another, and when next."""
    # Holidays move a day by less than an interval, and the grace is less than one.
    first = after.astimezone(zone).date() - timedelta(days=2 * cadence.longest_interval_days + 1)
    within, following = set[datetime](), list[datetime]()
    for due in dues_from(cadence, holidays, zone, first):
        for at in (due.due_at, due.late_from, due.missed_from):
            if at > until:
                following.append(at)
            elif at > after:
                within.add(at)
        if due.due_at > until:
            break
    return within, min(following)


def silent_from(
    cadence: Cadence, holidays: HolidayCalendar, zone: ZoneInfo, sign: datetime, *, is_check_in: bool
) -> datetime:
    """Return when a node is silent after its latest sign: when the next slot closes that it does not meet.

    A check-in meets the slot that is open; other signs of life, such as the creation, meet none.
    """
    day = sign.astimezone(zone).date() - timedelta(days=cadence.longest_interval_days)
    for due in dues_from(cadence, holidays, zone, day):
        if (due.opens_at if is_check_in else due.due_at) > sign:
            return due.closes_at
    raise AssertionError("A series has no end")


def dues_within(
    rhythms: Sequence[Rhythm], zone: ZoneInfo, first: date, last: date, *, begin: datetime | None = None
) -> list[Due]:
    """Return what is due from the first to the last day, by the rhythm that was in force at each instant.

    `rhythms` are oldest first; the first is in force before its instant as well. Nothing is due before
    `begin`. A slot that holidays move out of the days is not due.
    """
    found: list[Due] = []
    for place, rhythm in enumerate(rhythms):
        if rhythm.cadence is None:
            continue
        since = rhythm.since if place else None
        until = rhythms[place + 1].since if place + 1 < len(rhythms) else None
        start = first
        if since:  # holidays move a day by less than an interval
            days = timedelta(days=rhythm.cadence.longest_interval_days)
            start = max(first, since.astimezone(zone).date() - days)
        for due in dues_from(rhythm.cadence, rhythm.holidays, zone, start):
            if due.day > last or (until is not None and due.due_at >= until):
                break
            if (since is None or due.due_at >= since) and (begin is None or due.due_at >= begin):
                found.append(due)
    return found


def slots_of(
    dues: Sequence[Due],
    check_ins: Iterable[tuple[datetime, UUID]],
    *,
    owner_id: UUID | None,
    absences: Absences,
    now: datetime,
) -> list[Slot]:
    """Return the slots of a node at an instant, in order.

    `check_ins` are those that can meet one (`meets_slots`), by effective time; `owner_id` is who owes them.
    """
    met = _met(dues, check_ins)
    return [_slot(due, met.get(place), owner_id, absences, now) for place, due in enumerate(dues)]


def _met(dues: Sequence[Due], check_ins: Iterable[tuple[datetime, UUID]]) -> dict[int, tuple[datetime, UUID]]:
    """Return the check-in that met each slot, by its place."""
    met: dict[int, tuple[datetime, UUID]] = {}
    # After a change of cadence a slot may open before those that are due earlier.
    next_openings = list(accumulate((due.opens_at for due in reversed(dues)), min))[::-1]
    first = 0
    for check_in in sorted(check_ins):
        at = check_in[0]
        while first < len(dues) and (first in met or dues[first].closes_at < at):
            first += 1
        for place in range(first, len(dues)):
            if next_openings[place] > at:
                break
            if place not in met and dues[place].opens_at <= at <= dues[place].closes_at:
                met[place] = check_in
                break
    return met


def _slot(
    due: Due, met: tuple[datetime, UUID] | None, owner_id: UUID | None, absences: Absences, now: datetime
) -> Slot:
    absence = absence_on(absences, owner_id, due.day)
    excused_id, owed_by_id = None, owner_id
    if absence:
        excused_id, owed_by_id = owner_id, absence.delegate_id
        if absence_on(absences, owed_by_id, due.day):
            owed_by_id = None
    if met:
        state = CheckInSlotState.ON_TIME if met[0] <= due.on_time_until else CheckInSlotState.LATE
        return Slot(due, state, met[1], owed_by_id, excused_id, met[0])
    state = CheckInSlotState.EXCUSED if absence else _open_state(due, now)
    return Slot(due, state, None, owed_by_id, excused_id)


def _open_state(due: Due, now: datetime) -> CheckInSlotState:
    if now < due.opens_at:
        return CheckInSlotState.UPCOMING
    if now <= due.on_time_until:
        return CheckInSlotState.DUE
    return CheckInSlotState.LATE if now <= due.closes_at else CheckInSlotState.MISSED


def when_closed(slots: Iterable[Slot]) -> list[Slot]:
    """Return the slots of a node whose cycle is closed: nobody owes any more what was still to come then."""
    found: list[Slot] = []
    for slot in slots:
        if slot.check_in_id is None and slot.state is CheckInSlotState.LATE:
            found.append(replace(slot, state=CheckInSlotState.MISSED))
        elif slot.check_in_id is not None or slot.state not in AHEAD:
            found.append(slot)
    return found


def next_due_at(slots: Iterable[Slot]) -> datetime | None:
    """Return when the next check-in is due that has not been made and can still be; None without one."""
    return next((slot.due.due_at for slot in slots if slot.state in AHEAD and slot.check_in_id is None), None)
