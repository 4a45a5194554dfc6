"""Which readings count: those under the present definition, effective before the cycle is over.

A reading taken before the cycle's first day counts, because a quarter starts from what is known.
One taken after its last day is history only. The current reading is the one with the greatest
effective time; of two at one instant, the one recorded later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from okr_api.okr.key_result import Reading


@dataclass(frozen=True, slots=True)
class Readings:
    """The measurements that count, oldest first."""

    in_order: tuple[Reading, ...]

    @property
    def first(self) -> Reading | None:
        """The oldest one: where the start is not known, its value becomes it."""
        return self.in_order[0] if self.in_order else None

    @property
    def current(self) -> Reading | None:
        """The one that holds now."""
        return self.in_order[-1] if self.in_order else None


def readings_that_count(readings: Iterable[Reading], *, definition: int, before: datetime) -> Readings:
    """The measurements under that definition, effective before the cycle's end, in their order."""
    counting = [r for r in readings if r.measures and r.definition == definition and r.effective_at < before]
    return Readings(tuple(sorted(counting, key=lambda reading: reading.order)))


def latest_with(readings: Iterable[Reading], what: str) -> Reading | None:
    """The latest check-in that says something of the kind: a `confidence` or a `status`."""
    saying = [reading for reading in readings if getattr(reading, what) is not None]
    return max(saying, key=lambda reading: reading.order, default=None)


def latest(readings: Iterable[Reading]) -> Reading | None:
    """The latest check-in of all, whatever it says."""
    return max(readings, key=lambda reading: reading.order, default=None)
