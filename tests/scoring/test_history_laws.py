"""Laws of histories: each point is what is computed of the check-ins until then alone, the last is the present."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okr_api.okr.cycle import CycleState
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.history import HistoryMetric
from okr_api.okr.objective import ObjectiveState
from okr_api.okr.tree import Tree
from okr_api.scoring.frozen_rules import RULES_VERSION, rules_at_closing
from okr_api.scoring.history import Numbers, numbers_of, replaying
from okr_api.scoring.limit_readings import MAX_READINGS_IN_ONE_STEP
from okr_api.scoring.pace import expected_progress
from tests.house.tree import ROOT
from tests.loop_blocks import MAX_BLOCK_S, finished, least_step
from tests.scoring.sketch import CYCLE, Sketch, at_most, day, increase, reading, standing, uid
from tests.scoring.strategies import DAYS, Drawn
from tests.scoring.tables import NOTHING, Row, measure, readings, tables

NOW = day(90)
INSTANTS = st.lists(
    DAYS.map(lambda on: min(on, 90.0)) | st.sampled_from([0.0, 10.0, 20.0, 90.0]), min_size=1, max_size=6
)


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
    tree: Tree, asked: Mapping[UUID, Sequence[datetime]], now: datetime = NOW
) -> dict[UUID, list[Numbers]]:
    """Run a replay to its end."""
    return finished(replaying(tree, frozenset(tree.objectives), asked, now))


def alone(seed: int, size: int, at: datetime | None) -> Drawn:
    """Return the same tree, computed of the check-ins until an instant alone; of all without one."""
    made = drawn(seed, size)
    for id, all_of_them in made.sketch.tree.readings.items():
        made.sketch.tree.readings[id] = [one for one in all_of_them if at is None or one.effective_at <= at]
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
    first, others = sorted({day(one) for one in days}), sorted({day(min(one + step, 90)) for one in days})
    made = alone(seed, size, None)
    [one, *rest] = [*made.sketch.tree.key_results, *made.sketch.tree.objectives]
    together = computed(made.sketch.tree, {one: first} | dict.fromkeys(rest, others))
    assert together[one] == computed(alone(seed, size, None).sketch.tree, {one: first})[one]


TABLES = [table for table in tables(ROOT / "docs" / "history.md") if table.columns[-1] == "because"]
[OF_KEY_RESULTS, OF_OBJECTIVES] = TABLES


def points(found: Sequence[float | None]) -> str:
    """Return numbers as the tables have them."""
    return ", ".join(NOTHING if one is None else f"{one:.4g}" for one in found)


def instants_in(cell: str) -> list[datetime]:
    return [day(float(one)) for one in cell.split(", ")]


@pytest.mark.parametrize("row", OF_KEY_RESULTS.rows, ids=lambda row: row["because"])
def test_a_worked_example_is_true(row: Row):
    sketch = Sketch()
    sketch.objective("top")
    id = sketch.key_result("one", "top", measure(row["key result"]), readings=readings(row["check-ins"]))
    sketch.count_all()
    at, metric = instants_in(row["at"]), HistoryMetric(row["metric"])
    if metric is HistoryMetric.EXPECTED_PROGRESS:
        found = [expected_progress(sketch.key("one").expected, one) for one in at]
    else:
        numbers = computed(sketch.tree, {id: at}, now=day(1_000))[id]
        found = [getattr(one, metric.lower()) for one in numbers]
    assert points(found) == row["→ points"]


@pytest.mark.parametrize("row", OF_OBJECTIVES.rows, ids=lambda row: row["because"])
def test_a_worked_example_of_an_objective_is_true(row: Row):
    sketch = Sketch()
    top = sketch.objective("top")
    sketch.key_result("one", "top", increase(0, 100), readings=readings(row["check-ins"]))
    sketch.key_result("two", "top", increase(0, 100), weight=3.0)
    sketch.count_all()
    found = computed(sketch.tree, {top: instants_in(row["at"])})[top]
    assert points([one.progress for one in found]) == row["→ progress"]


def test_what_is_closed_has_the_numbers_that_it_was_closed_with_from_then_on():
    sketch = Sketch()
    top = sketch.objective("top", state=ObjectiveState.PUBLISHED)
    one = sketch.key_result(
        "one", "top", increase(0, 100), readings=[reading(10, 40.0), reading(50, 80.0, seq=2)]
    )
    sketch.count_all()
    tree = sketch.tree
    rules = replace(rules_at_closing(tree, [top], day(70)), version=RULES_VERSION - 1)
    tree.cycles[CYCLE.id] = replace(CYCLE, state=CycleState.CLOSED, rules=rules)
    tree.key_result_standings[one] = replace(sketch.key("one"), progress=0.75)  # as former rules had it
    tree.objective_standings[top] = replace(sketch["top"], progress=0.7)
    at = [day(10), day(69), day(70), day(100)]
    found = computed(tree, {top: at, one: at})
    assert [each.progress for each in found[one]] == [0.4, 0.8, 0.75, 0.75]
    assert [each.progress for each in found[top]] == [0.4, 0.8, 0.7, 0.7]


def test_many_readings_of_a_limit_are_replayed_in_short_steps():
    random, count = Random(1), 20 * MAX_READINGS_IN_ONE_STEP
    sketch = Sketch()
    sketch.objective("top")
    read = [reading(random.uniform(-10, 90), random.choice((4.0, 6.0)), seq=seq) for seq in range(count)]
    one = sketch.key_result("one", "top", at_most(5), readings=read)
    sketch.count_all()
    present = sketch.key("one").progress
    objectives, days = frozenset(sketch.tree.objectives), {one: [day(each) for each in range(91)]}
    replayed, block = least_step(lambda: replaying(sketch.tree, objectives, days, NOW))
    found = replayed[one]
    assert found[-1].progress == present
    assert block.seconds < MAX_BLOCK_S
    in_order = sorted(read, key=lambda each: each.order)
    until = bisect_right([each.effective_at for each in in_order], day(45))
    expected = standing(at_most(5), in_order[:until])
    assert found[45].progress == expected.progress
