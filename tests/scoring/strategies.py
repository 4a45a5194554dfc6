"""Hypothesis strategies: random measures, readings, curves and trees."""

import itertools
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from okr_api.okr.computed_values import Curve, KeyResultStanding, ObjectiveStanding
from okr_api.okr.errors import AlignmentLoops
from okr_api.okr.key_result import KeyResultState, Reading
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.scoring.pace import key_result_curve
from tests.scoring.sketch import (
    BEGIN,
    CYCLE,
    YES_NO,
    ZONE,
    Sketch,
    at_least,
    at_most,
    day,
    decrease,
    due_on,
    increase,
    key_result,
    milestones,
    reading,
    uid,
    within,
    zones,
)

VALUES = st.floats(-1e6, 1e6, allow_nan=False)
WHOLE = st.integers(-1_000, 1_000).map(float)
WEIGHTS = st.sampled_from([0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 7.0])
FRACTIONS = st.just(0.0) | st.floats(1e-9, 1)
DAYS = st.floats(-20, 110).map(lambda number: round(number, 4))
INSTANTS = st.integers(-10 * 86_400_000_000, 120 * 86_400_000_000).map(
    lambda microseconds: BEGIN + timedelta(microseconds=microseconds)
)


@st.composite
def rising(draw: st.DrawFn, count: int, of: st.SearchStrategy[float] = VALUES) -> list[float]:
    """Return rising values, each more than the smallest span above the last."""
    found = sorted(draw(st.lists(of, min_size=count, max_size=count, unique=True)))
    gap = min(after - before for before, after in itertools.pairwise(found))
    return found if gap >= 1e-6 else [value + place for place, value in enumerate(found)]


@st.composite
def measures(draw: st.DrawFn, of: st.SearchStrategy[float] = WHOLE) -> Measure:
    """Return any of the eight measures, as newly written."""
    kind = draw(st.sampled_from(KeyResultMeasure))
    if kind is KeyResultMeasure.BOOLEAN:
        return YES_NO
    if kind is KeyResultMeasure.MILESTONES:
        return draw(staged()).checked()
    return measure_through(kind, draw(rising(4, of)), start_known=draw(st.booleans()))


def measure_through(kind: KeyResultMeasure, points: list[float], *, start_known: bool = True) -> Measure:
    """Return a measure of that kind through four rising points."""
    low, middle, high, top = points
    found = {
        KeyResultMeasure.INCREASE: increase(low if start_known else None, high),
        KeyResultMeasure.DECREASE: decrease(high if start_known else None, low),
        KeyResultMeasure.AT_LEAST: at_least(middle),
        KeyResultMeasure.AT_MOST: at_most(middle),
        KeyResultMeasure.WITHIN: within(low, high),
        KeyResultMeasure.ZONES: zones(low, middle, high, top)
        if start_known
        else zones(top, high, middle, low),
    }[kind]
    return found.checked()


@st.composite
def staged(draw: st.DrawFn) -> Measure:
    """Return up to five milestones, some of them with a due day."""
    days = st.integers(1, 100)
    steps = draw(st.lists(WEIGHTS | st.tuples(WEIGHTS, days), min_size=1, max_size=5))
    return milestones(**dict(zip("abcde", steps, strict=False)))


@st.composite
def readings_of(draw: st.DrawFn, measure: Measure, most: int = 5) -> list[Reading]:
    """Return readings that the measure accepts, some at one instant, in the order of recording."""
    days = draw(st.lists(DAYS | st.sampled_from([10.0, 20.0]), max_size=most))
    return [draw(reading_of(measure, on, seq)) for seq, on in enumerate(days, start=1)]


@st.composite
def reading_of(draw: st.DrawFn, measure: Measure, on: float, seq: int) -> Reading:
    """Return one reading that the measure accepts."""
    said: dict[str, Any] = {
        "confidence": draw(st.none() | FRACTIONS),
        "status": draw(st.none() | st.sampled_from(["ON_TRACK", "AT_RISK", "OFF_TRACK"])),
    }
    if measure.kind is KeyResultMeasure.MILESTONES:
        keys = [milestone.key for milestone in measure.milestones]
        return reading(on, seq=seq, done=tuple(draw(st.sets(st.sampled_from(keys)))), **said)
    if measure.kind is KeyResultMeasure.BOOLEAN:
        return reading(on, float(draw(st.booleans())), seq=seq, **said)
    return reading(on, draw(WHOLE), seq=seq, **said)


def curves() -> st.SearchStrategy[Curve]:
    """Return expected progress over time, of any key result."""
    return st.builds(
        _curve,
        st.sampled_from([increase(), zones(), YES_NO, at_most(5)]) | staged(),
        st.sampled_from([1.0, 0.7]),
        st.none() | st.integers(1, 100),
        st.none() | DAYS,
    )


def _curve(measure: Measure, expectation: float, due: int | None, first: float | None) -> Curve:
    return key_result_curve(
        key_result(measure, due_on=due and due_on(due)),
        CYCLE,
        ZONE,
        expectation=expectation,
        first_reading_at=None if first is None else day(first),
    )


class Drawn:
    """A random tree, with the names of its objectives and key results."""

    def __init__(self, seed: int, size: int) -> None:
        self.random = Random(seed)
        self.sketch = Sketch()
        self.objectives = [f"o{place}" for place in range(size)]
        self.key_results: list[str] = []
        for name in self.objectives:
            self._draw_objective(name)
        for child in self.objectives[1:]:
            for _ in range(self.random.randrange(4)):
                self.align(child)

    def _draw_objective(self, name: str) -> None:
        random = self.random
        self.sketch.objective(
            name,
            kind=random.choice(list(ObjectiveKind)),
            progress_source=random.choice(list(ProgressSource)),
            state=random.choice([ObjectiveState.PUBLISHED] * 4 + [ObjectiveState.PAUSED]),
        )
        for place in range(random.randrange(3)):
            self._draw_key_result(f"{name}k{place}", name)

    def _draw_key_result(self, name: str, objective: str) -> None:
        random = self.random
        kind = random.choice(list(KeyResultMeasure))
        if kind is KeyResultMeasure.MILESTONES:
            measure = milestones(a=1, b=(3, random.randrange(1, 101)), c=0.1)
        elif kind is KeyResultMeasure.BOOLEAN:
            measure = YES_NO
        else:
            points = sorted(map(float, random.sample(range(-100, 100), 4)))
            measure = measure_through(kind, points, start_known=random.random() < 0.7)
        self.sketch.key_result(
            name,
            objective,
            measure,
            weight=random.choice([0.0, 0.1, 0.3, 1.0, 1.0, 7.0]),
            state=random.choice([KeyResultState.ACTIVE] * 4 + [KeyResultState.PAUSED]),
        )
        self.key_results.append(name)
        for seq in range(random.randrange(3)):
            self.check_in(name, seq)

    def align(self, child: str) -> None:
        """Align an objective with a random node, unless that makes a loop."""
        parent = self.random.choice(self.objectives + self.key_results)
        with suppress(AlignmentLoops):
            self.sketch.align(
                child, parent, self.random.choice([0.0, 0.5, 1.0, 3.0]), supports=self.random.random() < 0.2
            )

    def check_in(self, name: str, seq: int) -> None:
        """Add a random reading to a key result."""
        random, tree = self.random, self.sketch.tree
        measure = tree.key_results[uid(name)].measure
        said: dict[str, Any] = {
            "confidence": random.choice([None, 0.25, random.random()]),
            "status": random.choice([None, None, "ON_TRACK", "AT_RISK", "OFF_TRACK"]),
        }
        if measure.kind is KeyResultMeasure.MILESTONES:
            said["done"] = tuple(key for key in "abc" if random.random() < 0.5)
        elif random.random() < 0.9:
            binary = measure.kind is KeyResultMeasure.BOOLEAN
            said["value"] = float(random.randrange(2) if binary else random.randrange(-120, 120))
        on = random.choice([-5, 10, 10, 20, random.uniform(0, 105)])
        tree.readings[uid(name)].append(reading(on, seq=seq, **said))

    @property
    def standings(self) -> "Standings":
        """Return every stored number, by id."""
        tree = self.sketch.tree
        return {**tree.key_result_standings, **tree.objective_standings}


Standings = dict[UUID, KeyResultStanding | ObjectiveStanding]


def trees() -> st.SearchStrategy[Drawn]:
    """Return random trees: objectives with several parents, directly and through key results."""
    return st.builds(Drawn, st.integers(0, 2**32), st.integers(2, 9))


def near(at: datetime, turns: tuple[datetime, ...]) -> bool:
    """Return whether an instant is within microseconds of a turn."""
    return any(abs(at - turn) <= timedelta(microseconds=5) for turn in turns)
