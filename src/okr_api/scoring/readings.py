"""Readings: order check-ins, select those that count, find the current one and the latest stated confidence.

Readings count under the present definition and before the end of the cycle. A reading taken before the
cycle's first day counts, because a quarter starts from what is known; one after its last day is history
only. The current reading is the one with the greatest effective time, or the one recorded later if two
are equal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import pairwise
from operator import attrgetter

from okr_api.okr.key_result import Reading

from .steps import Steps

STEP_READINGS = 64
RUN_READINGS = 256  # sorted in one step
ORDER = attrgetter("order")


@dataclass(frozen=True, slots=True)
class Readings:
    """Measurements that count, oldest first."""

    in_order: tuple[Reading, ...]

    @property
    def first(self) -> Reading | None:
        """Return the oldest one, whose value is the start if the measure has none."""
        return self.in_order[0] if self.in_order else None

    @property
    def current(self) -> Reading | None:
        """Return the current one."""
        return self.in_order[-1] if self.in_order else None


def in_their_order(readings: Iterable[Reading]) -> list[Reading]:
    """Return the check-ins, oldest first."""
    return sorted(readings, key=ORDER)


def sorting(readings: Sequence[Reading]) -> Steps[list[Reading]]:
    """Return the check-ins, oldest first, however many they are: runs of them are sorted, and then merged."""
    runs: list[list[Reading]] = []
    for begin in range(0, len(readings), RUN_READINGS):
        runs.append(in_their_order(readings[begin : begin + RUN_READINGS]))
        yield
    in_order: list[Reading] = []
    if all(one[-1].order <= following[0].order for one, following in pairwise(runs)):
        for run in runs:  # as they mostly are: they are recorded in this order
            in_order += run
        return in_order
    for place, reading in enumerate(merge(*runs, key=ORDER)):
        if place % STEP_READINGS == 0:
            yield
        in_order.append(reading)
    return in_order


def readings_that_count(in_order: Iterable[Reading], *, definition: int, before: datetime) -> Readings:
    """Select the measurements of the definition that are effective before the instant, in the same order."""
    return Readings(
        tuple([r for r in in_order if r.measures and r.definition == definition and r.effective_at < before])
    )


def latest_with(in_order: Sequence[Reading], what: str) -> Reading | None:
    """Return the latest of the check-ins in order with a value in the field: `confidence` or `status`."""
    for reading in reversed(in_order):
        if getattr(reading, what) is not None:
            return reading
    return None


def latest_met(in_order: Sequence[Reading]) -> Reading | None:
    """Return the latest of the check-ins in order that can meet a slot of a cadence."""
    return next((reading for reading in reversed(in_order) if reading.meets_slots), None)
