"""Agenda of a check-in meeting: which nodes belong into which section, and why; pure functions of facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from .change_sentences import number, percent, shortened
from .check_in import ReportedStatus
from .check_in_slots import CheckInSlotState, Slot
from .latest_slots import owed_slot
from .measure import KeyResultMeasure

MAX_AGENDA_ITEMS = 50  # of each section; the total is told beside it
MAX_AGENDA_DAYS = 366  # that the instant of an agenda may lie before or after now
STUCK_SLOTS = 2  # check-ins that were due while the value has not changed
AGENDA_SLOTS = STUCK_SLOTS + 1  # those, and one that is open and not due yet
DEPENDENCIES_AHEAD = timedelta(days=14)
REACHED = 1.0
MOVING = frozenset(
    {
        KeyResultMeasure.INCREASE,
        KeyResultMeasure.DECREASE,
        KeyResultMeasure.ZONES,
        KeyResultMeasure.MILESTONES,
    }
)  # measures whose value is to change; a limit is to hold, and a yes/no is no until it is done
WINNABLE = MOVING | {KeyResultMeasure.BOOLEAN}
SEVERITY = {status: rank for rank, status in enumerate(ReportedStatus)}  # ON_TRACK first


class AgendaSectionKind(StrEnum):
    """Sections of an agenda, in their order."""

    OPEN_DECISIONS = "OPEN_DECISIONS"
    CHECK_INS_DUE = "CHECK_INS_DUE"
    DROPPED = "DROPPED"
    STUCK = "STUCK"
    BLOCKED = "BLOCKED"
    DIVERGENT = "DIVERGENT"
    DEPENDENCIES_DUE = "DEPENDENCIES_DUE"
    WON = "WON"


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """Why something is on the agenda, since when, and until when it is to be done."""

    why: str
    since: datetime
    due_at: datetime | None = None

    @property
    def order(self) -> tuple[bool, datetime]:
        """Return its place in its section: what is due first, then what has waited longest."""
        return (self.due_at is None, self.due_at or self.since)


@dataclass(frozen=True, slots=True)
class Said:
    """What check-ins on a node said by the agenda, and before: at the last meeting, or at first since then.

    `value_since` is when the value that stands was said first, without another one since.
    """

    confidence: float | None = None
    confidence_before: float | None = None
    confidence_at: datetime | None = None
    status: ReportedStatus | None = None
    status_before: ReportedStatus | None = None
    status_at: datetime | None = None
    value: float | None = None
    value_since: datetime | None = None


def decided(held_at: datetime, due_at: datetime | None, due_on: date | None, zone: ZoneInfo) -> AgendaItem:
    """Return the item of an open decision of a meeting."""
    then = held_at.astimezone(zone).date()
    until = f", to be done by {due_on}" if due_on else ""
    return AgendaItem(f"Decided on {then} and still open{until}", held_at, due_at)


def due(slots: Sequence[Slot], at: datetime, zone: ZoneInfo, names: Mapping[UUID, str]) -> AgendaItem | None:
    """Return the item of the last slot whose window has opened, if it is to be met or was missed.

    `slots` are those whose windows have opened; what nobody owes in an absence is not due, and neither is
    an excused check-in that can no longer be made.
    """
    slot = next((one for one in reversed(slots) if one.due.opens_at <= at), None)
    if slot is None or (slot.state is not CheckInSlotState.MISSED and owed_slot([slot], at) is None):
        return None
    if slot.excused_id and not slot.owed_by_id:
        return None
    if slot.state is CheckInSlotState.MISSED:
        said = f"The check-in that was due on {slot.due.day} was missed"
    else:
        said = f"A check-in {'is' if at < slot.due.due_at else 'was'} due on {slot.due.day}"
    return AgendaItem(said + _owing(slot, names), slot.due.opens_at, slot.due.due_at)


def _owing(slot: Slot, names: Mapping[UUID, str]) -> str:
    """Return who owes a slot as the end of a sentence."""
    owing = names.get(slot.owed_by_id) if slot.owed_by_id else None
    if owing is None:
        return ""
    absent = names.get(slot.excused_id) if slot.excused_id else None
    instead = f", as {shortened(absent)} is absent" if absent else ""
    return f"; {shortened(owing)} owes it{instead}"


def dropped(said: Said) -> AgendaItem | None:
    """Return the item of a node whose confidence or reported status is lower than before."""
    found = [one for one in (_less_confident(said), _worse(said)) if one is not None]
    if not found:
        return None
    why = " and ".join(sentence for sentence, _ in found)
    return AgendaItem(why[0].upper() + why[1:], min(since for _, since in found))


def _less_confident(said: Said) -> tuple[str, datetime] | None:
    after, before, at = said.confidence, said.confidence_before, said.confidence_at
    if after is None or before is None or at is None or after >= before:
        return None
    return f"confidence fell from {_percents(before, after)}", at


def _worse(said: Said) -> tuple[str, datetime] | None:
    after, before, at = said.status, said.status_before, said.status_at
    if after is None or before is None or at is None or SEVERITY[after] <= SEVERITY[before]:
        return None
    return f"the reported status went from {words(before)} to {words(after)}", at


def _percents(before: float, after: float) -> str:
    """Return two fractions with as many decimals as tell them apart."""
    for decimals in range(3):
        if percent(before, decimals) != percent(after, decimals):
            break
    return f"{percent(before, decimals)} to {percent(after, decimals)}"


def words(status: str) -> str:
    """Return a status in words."""
    return status.replace("_", " ").lower()


def stuck(
    said: Said, slots: Sequence[Slot], at: datetime, measure: KeyResultMeasure, unit: str | None
) -> AgendaItem | None:
    """Return the item of a key result whose value has stood since before the windows of the last two dues.

    `slots` have at least these; one that was met by the same value again is among them.
    """
    passed = [slot for slot in slots if slot.due.due_at <= at][-STUCK_SLOTS:]
    if measure not in MOVING or said.value_since is None or len(passed) < STUCK_SLOTS:
        return None
    if said.value_since >= passed[0].due.opens_at:
        return None
    what = "No other milestone" if said.value is None else f"Unchanged at {number(said.value, unit)}"
    return AgendaItem(f"{what} through the last {STUCK_SLOTS} check-ins that were due", said.value_since)


def blocked(
    since: datetime, due_at: datetime | None, owner: str | None, escalated_to: str | None
) -> AgendaItem:
    """Return the item of an open roadblock."""
    seen_to = f"{shortened(owner)} sees to it" if owner else "nobody sees to it"
    escalated = f", escalated to {shortened(escalated_to)}" if escalated_to else ""
    return AgendaItem(f"Blocked: {seen_to}{escalated}", since, due_at)


def divergent(reported: str, derived: str, since: datetime) -> AgendaItem:
    """Return the item of a node of which another status is reported than its numbers say."""
    return AgendaItem(f"Reported {words(reported)}, {words(derived)} by its numbers", since)


def needed(
    since: datetime, due_at: datetime, needed_by: date, at: datetime, from_team: str | None
) -> AgendaItem:
    """Return the item of a dependency; `from_team` gives it, or None where it is to be given."""
    is_over = due_at <= at
    if from_team is None:
        said = f"{'Was to be' if is_over else 'To be'} given by {needed_by}"
    else:
        said = f"{'Was needed' if is_over else 'Needed'} from {shortened(from_team)} by {needed_by}"
    return AgendaItem(said, since, due_at)


def won(since: datetime, *, is_key_result: bool) -> AgendaItem:
    """Return the item of a node that has reached a progress of 1."""
    return AgendaItem("Reached its target" if is_key_result else "Reached a progress of 100 %", since)
