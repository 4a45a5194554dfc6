"""Which readings count: those under the present definition, effective before the cycle is over.

A reading taken before the cycle's first day counts, because a quarter starts from what is known.
One taken after its last day is history only. The current reading is the one with the greatest
effective time; of two at one instant, the one recorded later.
"""

from collections.abc import Iterable, Sequence
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


def in_their_order(readings: Iterable[Reading]) -> list[Reading]:
    """The check-ins from the oldest to the latest."""
    return sorted(readings, key=lambda reading: (reading.effective_at, reading.seq, reading.place))


def readings_that_count(in_order: Iterable[Reading], *, definition: int, before: datetime) -> Readings:
    """Of check-ins in order, the measurements under that definition, effective before the cycle's end."""
    return Readings(
        tuple([r for r in in_order if r.measures and r.definition == definition and r.effective_at < before])
    )


def latest_with(in_order: Sequence[Reading], what: str) -> Reading | None:
    """Of check-ins in order, the latest that says something of the kind: `confidence` or `status`."""
    for reading in reversed(in_order):
        if getattr(reading, what) is not None:
            return reading
    return None
