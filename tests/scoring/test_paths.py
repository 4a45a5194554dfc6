"""Paths: how a node counts in those above it, compared with moving its value and with worked diamonds."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okr_api.okr.objective import ProgressSource
from okr_api.okr.tree import Tree
from okr_api.scoring.paths import Reach, is_counted_twice, paths_to, reaching
from okr_api.scoring.rollup import standing_of_objective
from okr_api.scoring.tree_order import children_first
from tests.scoring.sketch import END, Sketch, uid
from tests.scoring.strategies import Drawn, trees


def reach_of(tree: Tree, node: UUID) -> dict[UUID, Reach]:
    """Return what the node reaches."""
    steps = reaching(tree, node, END)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: dict[UUID, Reach] = end.value
            return found


def above(tree: Tree, objective: UUID) -> list[UUID]:
    """Return the objectives above one, children first."""
    steps = children_first(tree, [objective])
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return [id for id in end.value if id != objective]


def diamond() -> Sketch:
    """Return C under A and B, both under the company; A has a key result of its own beside it."""
    sketch = Sketch()
    for name in ("company", "A", "B", "C"):
        sketch.objective(name, progress_source=ProgressSource.BOTH)
    sketch.measured("own", "A", 0.2)
    sketch.measured("key", "C", 0.8)
    sketch.align("A", "company")
    sketch.align("B", "company", 3.0)
    sketch.align("C", "A")
    sketch.align("C", "B")
    sketch.count_all()
    return sketch


def test_a_part_that_counts_by_two_paths_is_told_with_its_total_share() -> None:
    sketch = diamond()
    found = reach_of(sketch.tree, uid("C"))
    company = found[uid("company")]
    assert company.paths == 2
    assert company.share == pytest.approx(0.25 * 0.5 + 0.75)
    assert is_counted_twice(company)
    assert not is_counted_twice(found[uid("A")])
    assert {tuple(path) for path in paths_to(found, uid("C"), uid("company"))} == {
        (uid("C"), uid("A"), uid("company")),
        (uid("C"), uid("B"), uid("company")),
    }


def test_a_key_result_reaches_what_its_objective_reaches() -> None:
    sketch = diamond()
    found = reach_of(sketch.tree, uid("key"))
    assert found[uid("C")] == Reach(1, 1.0, (uid("key"),))
    assert found[uid("company")].share == pytest.approx(0.875)
    [first, second] = paths_to(found, uid("key"), uid("company"))
    assert {len(first), len(second)} == {4}


def test_what_does_not_count_reaches_nothing() -> None:
    sketch = Sketch()
    sketch.objective("company", progress_source=ProgressSource.KEY_RESULTS)
    sketch.measured("revenue", "company", 0.5)
    sketch.objective("team")
    sketch.align("team", "company")
    sketch.count_all()
    found = reach_of(sketch.tree, uid("team"))
    assert found == {}
    assert list(paths_to(found, uid("team"), uid("company"))) == []


@settings(deadline=None, max_examples=100)
@given(trees(), st.floats(0, 1))
def test_a_share_is_how_much_of_a_move_arrives_above(drawn: Drawn, moved_to: float) -> None:
    tree = drawn.sketch.tree
    drawn.sketch.count_all()
    for objective in list(tree.objectives):
        known = dict(tree.objective_standings)
        before = known[objective].progress
        if before is None:
            continue
        found = reach_of(tree, objective)
        tree.objective_standings[objective] = replace(known[objective], progress=moved_to)
        for each in above(tree, objective):
            tree.objective_standings[each] = standing_of_objective(tree, tree.objectives[each])
            share = found[each].share if each in found else 0.0
            was, now = known[each].progress, tree.objective_standings[each].progress
            assert (was is None) == (now is None)
            assert (now or 0.0) - (was or 0.0) == pytest.approx(share * (moved_to - before), abs=1e-9)
            if each in found:
                assert found[each].paths == len(list(paths_to(found, objective, each)))
        for id, standing in known.items():
            tree.objective_standings[id] = standing
