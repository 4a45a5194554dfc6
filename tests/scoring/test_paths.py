"""Paths: how a node counts in those above it, compared with moving its value and with worked diamonds."""

import math
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okr_api.okr.objective import ProgressSource
from okr_api.okr.tree import Tree
from okr_api.scoring.paths import (
    MAX_PATHS,
    PartShares,
    Path,
    PathStep,
    Reach,
    fold_hidden,
    largest_paths,
    reaching,
)
from okr_api.scoring.rollup import standing_of_objective
from okr_api.scoring.steps import Steps
from okr_api.scoring.tree_order import children_first
from tests.scoring.sketch import Sketch, uid
from tests.scoring.strategies import Drawn, trees

T = TypeVar("T")


def run(steps: Steps[T]) -> T:
    """Return the result of a computation."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def reach_of(tree: Tree, node: UUID) -> dict[UUID, Reach]:
    """Return what the node reaches."""
    tree.countable.update(tree.objectives)
    return run(reaching(PartShares(tree), node))


def paths_of(tree: Tree, node: UUID, ancestor: UUID, most: int = MAX_PATHS) -> list[Path]:
    """Return the paths with the largest shares."""
    found = reach_of(tree, node)
    return run(largest_paths(PartShares(tree), found, node, ancestor, most))


def nodes_of(path: Path) -> tuple[UUID, ...]:
    return tuple(step.node_id for step in path.steps)


def above(tree: Tree, objective: UUID) -> list[UUID]:
    """Return the objectives above one, children first."""
    return [id for id in run(children_first(tree, [objective])) if id != objective]


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
    assert len(company.through) == 2
    assert len(found[uid("A")].through) == 1
    [by_b, by_a] = paths_of(sketch.tree, uid("C"), uid("company"))
    assert by_b == Path(0.75, (PathStep(uid("C"), 1.0), PathStep(uid("B"), 0.75)))
    assert by_a == Path(0.125, (PathStep(uid("C"), 0.5), PathStep(uid("A"), 0.25)))
    assert paths_of(sketch.tree, uid("C"), uid("company"), 1) == [by_b]


def test_a_key_result_reaches_what_its_objective_reaches() -> None:
    sketch = diamond()
    found = reach_of(sketch.tree, uid("key"))
    assert found[uid("C")] == Reach(1, 1.0, (uid("key"),))
    assert found[uid("company")].share == pytest.approx(0.875)
    [first, second] = paths_of(sketch.tree, uid("key"), uid("company"))
    assert [nodes_of(first), nodes_of(second)] == [
        (uid("key"), uid("C"), uid("B")),
        (uid("key"), uid("C"), uid("A")),
    ]
    assert nodes_of(paths_of(sketch.tree, uid("key"), uid("C"))[0]) == (uid("key"),)


def test_what_does_not_count_reaches_nothing() -> None:
    sketch = Sketch()
    sketch.objective("company", progress_source=ProgressSource.KEY_RESULTS)
    sketch.measured("revenue", "company", 0.5)
    sketch.objective("team")
    sketch.align("team", "company")
    sketch.count_all()
    found = reach_of(sketch.tree, uid("team"))
    assert found == {}
    assert paths_of(sketch.tree, uid("team"), uid("company")) == []


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
                paths = paths_of(tree, objective, each, most=10_000)
                assert found[each].paths == len(paths) == len({nodes_of(path) for path in paths})
                assert found[each].share == pytest.approx(math.fsum(path.share for path in paths))
                assert [path.share for path in paths] == [
                    pytest.approx(math.prod(step.share for step in path.steps)) for path in paths
                ]
                assert paths_of(tree, objective, each, most=2) == paths[:2]
        for id, standing in known.items():
            tree.objective_standings[id] = standing


def ladder(rungs: int) -> Sketch:
    """Return diamonds on top of one another, each doubling the number of paths from the lowest."""
    sketch = Sketch()
    sketch.objective("0", progress_source=ProgressSource.BOTH)
    sketch.measured("key", "0", 0.5)
    for rung in range(1, rungs + 1):
        for name in (f"{rung}a", f"{rung}b", str(rung)):
            sketch.objective(name, progress_source=ProgressSource.BOTH)
        for side in "ab":
            sketch.align(str(rung - 1), f"{rung}{side}")
            sketch.align(f"{rung}{side}", str(rung))
    sketch.count_all()
    return sketch


def test_the_total_share_is_exact_and_few_paths_are_listed_however_many_there_are() -> None:
    sketch = ladder(60)
    found = reach_of(sketch.tree, uid("key"))
    assert found[uid("60")] == Reach(2**60, 1.0, found[uid("60")].through)
    paths = paths_of(sketch.tree, uid("key"), uid("60"))
    assert [path.share for path in paths] == [0.5**60] * MAX_PATHS
    assert len({nodes_of(path) for path in paths}) == MAX_PATHS


def test_hidden_nodes_are_passed_by_with_the_product_of_their_shares() -> None:
    steps = [PathStep(uid(name), share) for name, share in (("a", 0.5), ("b", 0.5), ("c", 0.25), ("d", 1.0))]
    assert fold_hidden(steps, [False] * 4) == tuple(steps)
    assert fold_hidden(steps, [False, True, True, False]) == (PathStep(uid("a"), 0.0625, 2), steps[3])
    assert fold_hidden(steps, [False, False, False, True]) == (*steps[:2], PathStep(uid("c"), 0.25, 1))
