"""Laws of histories: each point is what is computed of the check-ins until then alone, the last is the present."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from okr_api.okr.cycle import CycleState
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.frozen_rules import FrozenRules
from okr_api.okr.tree import Tree
from okr_api.scoring.history import Numbers, numbers_of, replaying
from okr_api.scoring.limit_readings import MAX_READINGS_IN_ONE_STEP
from tests.scoring.sketch import CYCLE, END, Sketch, at_most, day, increase, reading, uid
from tests.scoring.strategies import DAYS, Drawn

NOW = day(90)
INSTANTS = st.lists(DAYS | st.sampled_from([0.0, 10.0, 20.0, 90.0, 100.0]), min_size=1, max_size=6)


def drawn(seed: int, size: int) -> Drawn:
    """Return a random tree with two formulas, one of them over the other."""
    made = Drawn(seed, size)
    random = Random(seed)
    for name, over in (("sum", made.key_results), ("over", ["sum", *made.key_results])):
        whole = [one for one in over if one == "sum" or is_number(made, one)]
        parts = tuple(uid(one) for one in random.sample(whole, min(len(whole), 2)))
        measure = at_most(5.0) if random.random() < 0.3 else increase(None, 300.0)
        made.sketch.key_result(
            name,
            random.choice(made.objectives),
            measure,
            formula_function=random.choice(list(FormulaFunction)),
            formula_part_ids=parts,
        )
        made.key_results.append(name)
    return made


def is_number(made: Drawn, name: str) -> bool:
    measure = made.sketch.tree.key_results[uid(name)].measure
    return not measure.milestones


def computed(
    tree: Tree, asked: dict[UUID, Sequence[datetime]], now: datetime = NOW
) -> dict[UUID, list[Numbers]]:
    """Run a replay to its end."""
    steps = replaying(tree, frozenset(tree.objectives), asked, now)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: dict[UUID, list[Numbers]] = end.value
            return found


def alone(seed: int, size: int, at: datetime | None) -> Drawn:
    """Return the same tree, computed of the check-ins until an instant alone; of all without one."""
    made = drawn(seed, size)
    for id, readings in made.sketch.tree.readings.items():
        made.sketch.tree.readings[id] = [one for one in readings if at is None or one.effective_at <= at]
    made.sketch.count_all()
    return made


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 9), INSTANTS)
def test_each_point_is_computed_of_the_check_ins_until_then(seed: int, size: int, days: list[float]):
    instants = sorted({day(one) for one in days})
    present = alone(seed, size, None)
    tree = present.sketch.tree
    nodes = [*tree.objectives, *tree.key_results]
    now = {id: numbers_of(tree, id) for id in nodes}
    found = computed(tree, dict.fromkeys(nodes, instants))
    for place, at in enumerate(instants):
        expected = alone(seed, size, at if at < NOW else None).sketch.tree
        assert {id: found[id][place] for id in nodes} == {id: numbers_of(expected, id) for id in nodes}
    if instants[-1] >= NOW:
        assert {id: found[id][-1] for id in nodes} == now


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 9), INSTANTS, st.integers(0, 3))
def test_what_else_is_asked_for_changes_no_point(seed: int, size: int, days: list[float], step: int):
    first, others = sorted({day(one) for one in days}), sorted({day(one + step) for one in days})
    made = alone(seed, size, None)
    [one, *rest] = [*made.sketch.tree.key_results, *made.sketch.tree.objectives]
    together = computed(made.sketch.tree, {one: first} | dict.fromkeys(rest, others))
    assert together[one] == computed(alone(seed, size, None).sketch.tree, {one: first})[one]
