"""Readings of limits (AT_LEAST, AT_MOST, WITHIN): a few that score like all of them, found in steps.

A limit depends on how long each reading has held, so that all of its readings are loaded. How often it was
broken does not matter, only for how long.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from okr_api.okr.key_result import KeyResult, Reading

from .progress import holds_at
from .readings import STEP_READINGS, latest_met, latest_with, sorting
from .steps import Steps

MAX_READINGS_IN_ONE_STEP = 1_000
Held = tuple[bool, ...]


def deciding_readings(
    key_result: KeyResult, check_ins: Sequence[Reading], *, begin: datetime, end: datetime
) -> Steps[Sequence[Reading]]:
    """Return check-ins by which a key result stands as it does by all of them.

    These are all of them, unless it is a limit with more than `MAX_READINGS_IN_ONE_STEP`. `begin` and `end`
    are those of its cycle.
    """
    if not key_result.measure.is_limit or len(check_ins) <= MAX_READINGS_IN_ONE_STEP:
        return check_ins
    in_order = yield from sorting(check_ins)
    history = LimitHistory(begin)
    for place, reading in enumerate(in_order):
        if place % STEP_READINGS == 0:
            yield
        if reading.measures and reading.definition == key_result.definition and reading.effective_at < end:
            history.add(reading, held_within(key_result, reading))
    said = [in_order[-1]]
    for latest in (partial(latest_with, what="confidence"), partial(latest_with, what="status"), latest_met):
        yield
        if (found := latest(in_order)) is not None:
            said.append(found)
    others = {id(each): each for each in said if each not in (history.first, history.latest)}
    return [
        *history.summed_up(),
        *(replace(each, value=None, milestones_done=None) for each in others.values()),
    ]


def held_within(key_result: KeyResult, reading: Reading) -> Held:
    """Return whether a reading is within the limit, and within the one before its target was revised."""
    measures = (key_result.measure, key_result.original)
    return tuple([holds_at(one, reading) for one in measures if one is not None and one.is_limit])


@dataclass
class LimitHistory:
    """Time since `begin` for which readings held, by what they were within, and a reading for each."""

    begin: datetime
    first: Reading | None = None
    latest: Reading | None = None
    held: Held = ()
    lasted: dict[Held, timedelta] = field(default_factory=dict)
    examples: dict[Held, Reading] = field(default_factory=dict)

    def add(self, reading: Reading, held: Held) -> None:
        """Add the next reading, oldest first."""
        if self.latest is None:
            self.first = reading
        else:
            stretch = reading.effective_at - max(self.latest.effective_at, self.begin)
            if stretch > timedelta(0):
                self.lasted[self.held] = self.lasted.get(self.held, timedelta(0)) + stretch
        self.latest, self.held = reading, held
        self.examples.setdefault(held, reading)

    def summed_up(self) -> Iterator[Reading]:
        """Yield the first reading, one for all time within the limit, one for all beyond, and the latest."""
        if self.first is None or self.latest is None:
            return
        yield self.first
        at = max(self.first.effective_at, self.begin)
        for held, lasted in self.lasted.items():
            yield replace(
                self.examples[held],
                effective_at=at,
                seq=self.first.seq,
                place=self.first.place,
                check_in_id=None,
                confidence=None,
                status=None,
                by_person=False,
            )
            at += lasted
        if self.latest is not self.first:
            yield self.latest
