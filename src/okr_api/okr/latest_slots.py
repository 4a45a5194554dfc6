"""Latest slots: the last ones of a node whose windows have opened, and which of them is owed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate

from .check_in_slots import Due, Slot


def latest_dues(dues: Sequence[Due], now: datetime, count: int) -> Sequence[Due]:
    """Return the last `count` of the dues whose windows have opened by an instant, and what decides theirs.

    Before them come those whose windows overlap, so that each slot is met as if all had been given.
    """
    end = max((place + 1 for place, due in enumerate(dues) if due.opens_at <= now), default=0)
    closed = list(accumulate((due.closes_at for due in dues[:end]), max))
    begin = max(end - count, 0)
    opens_at = min((due.opens_at for due in dues[begin:end]), default=now)
    while begin and closed[begin - 1] >= opens_at:
        begin -= 1
        opens_at = min(opens_at, dues[begin].opens_at)
    return dues[begin:end]


def owed_slot(slots: Iterable[Slot], now: datetime) -> Slot | None:
    """Return the first slot that a check-in can meet at an instant and none has met; None without one."""
    open_slots = (slot for slot in slots if slot.due.opens_at <= now <= slot.due.closes_at)
    return next((slot for slot in open_slots if slot.check_in_id is None), None)
