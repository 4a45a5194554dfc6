"""Events of a check-in slot: when it becomes due without a check-in, late and missed."""

from collections.abc import Iterator
from datetime import datetime

from .change_kind import ChangeKind
from .check_in_slots import Slot

# Events of one node at one instant are told in this order.
RANKS = {ChangeKind.CHECK_IN_MISSED: 0, ChangeKind.CHECK_IN_LATE: 1, ChangeKind.CHECK_IN_DUE: 2}


def events_of(slot: Slot) -> Iterator[tuple[datetime, ChangeKind]]:
    """Yield what happens to a slot, and when, by the check-ins that were effective by then.

    Of one that is excused it is only that it is due, and only if a delegate owes it.
    """
    due, is_excused = slot.due, slot.excused_id is not None
    if is_excused and slot.owed_by_id is None:
        return
    if slot.met_at is None or slot.met_at > due.due_at:
        yield due.due_at, ChangeKind.CHECK_IN_DUE
    if is_excused:
        return
    is_late = slot.met_at is None or slot.met_at > due.on_time_until
    if is_late and due.on_time_until < due.closes_at:
        yield due.late_from, ChangeKind.CHECK_IN_LATE
    if slot.met_at is None:
        yield due.missed_from, ChangeKind.CHECK_IN_MISSED
