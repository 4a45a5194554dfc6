"""Share of check-in slots that were met on time."""

from collections import Counter
from collections.abc import Iterable, Mapping

from .check_in_slots import CheckInSlotState, Slot

JUDGED = frozenset({CheckInSlotState.ON_TIME, CheckInSlotState.LATE, CheckInSlotState.MISSED})


def on_time_share(slots: Iterable[Slot]) -> float | None:
    """Return the share of the slots that were met on time, of all that are judged; None without one."""
    return share_on_time(Counter(slot.state for slot in slots))


def share_on_time(counts: Mapping[CheckInSlotState, int]) -> float | None:
    """Return the same by how many slots have each state."""
    judged = sum(count for state, count in counts.items() if state in JUDGED)
    return counts.get(CheckInSlotState.ON_TIME, 0) / judged if judged else None
