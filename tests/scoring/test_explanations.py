"""Explanations: parts and contributions of random trees add up to the stored numbers, bit for bit."""

import math
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_api.okr.entity import NodeType
from okr_api.okr.objective import Objective, ProgressSource
from okr_api.okr.tree import Tree
from okr_api.scoring.contributions import add_up_to
from okr_api.scoring.explained_parts import ExplainedPart, Explanation, Metric, PartReason
from okr_api.scoring.explanation import MAX_EXPLAINED_PARTS, explaining, parts_of, value_of
from tests.scoring.sketch import END, Sketch, day, uid
from tests.scoring.strategies import Drawn, trees

FRACTION = st.floats(0, 1)
WEIGHT = st.just(1.0) | st.floats(1e-6, 1e6)


def explained(
    tree: Tree,
    objective: Objective,
    metric: Metric,
    at: datetime,
    is_hidden: Callable[[ExplainedPart], bool] = lambda _: False,
) -> Explanation:
    """Return the explanation of an objective's number."""
    steps = explaining(tree, objective, metric, at, is_hidden)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Explanation = end.value
            return found


def hides(ids: set[UUID]) -> Callable[[ExplainedPart], bool]:
    """Return a predicate that hides the parts with these ids."""
    return lambda part: part.id in ids


def added_up(explanation: Explanation) -> float:
    """Return the sum of all contributions."""
    folded = [explanation.hidden, explanation.others]
    each = [part.contribution for part in explanation.parts if part.contribution is not None]
    return math.fsum([*each, *(fold.contribution for fold in folded if fold)])


@given(trees(), st.sampled_from(Metric), st.floats(-1, 101), st.sets(st.integers(0, 40)))
def test_contributions_add_up_to_every_number_of_an_objective_bit_for_bit(
    drawn: Drawn, metric: Metric, on: float, hidden: set[int]
) -> None:
    tree = drawn.sketch.tree
    drawn.sketch.count_all()
    at = day(on)
    for objective in tree.objectives.values():
        standing = tree.objective_standings[objective.id]
        ids = sorted(part.id for part in parts_of(tree, objective, metric, at))
        unseen = {id for place, id in enumerate(ids) if place in hidden}
        told = explained(tree, objective, metric, at, hides(unseen))
        assert told.value == value_of(standing, metric, at)
        assert not unseen & {part.id for part in told.parts}
        if told.value is not None:
            assert added_up(told) == told.value
        for part in told.parts:
            if part.counted:
                assert part.contribution == pytest.approx(
                    (part.share or 0.0) * (part.value or 0.0), abs=1e-12
                )
            else:
                assert part.reason is not None or metric is Metric.STATUS


@given(trees())
def test_every_part_is_named_once_and_what_does_not_count_says_why(drawn: Drawn) -> None:
    tree = drawn.sketch.tree
    drawn.sketch.count_all()
    for objective in tree.objectives.values():
        parts = list(parts_of(tree, objective, Metric.PROGRESS, END))
        beneath = {edge.child_id for edge in tree.served_by(objective.id)}
        own = {one.id for one in tree.key_results_of(objective.id)}
        assert sorted(part.id for part in parts) == sorted(own | beneath)
        assert all(part.value is not None or part.reason is not None for part in parts)


@given(st.lists(st.tuples(WEIGHT, FRACTION), min_size=1, max_size=40), st.integers(1, 40))
def test_a_mean_is_divided_exactly_however_its_parts_are_folded(
    pairs: list[tuple[float, float]], folded: int
) -> None:
    total = math.fsum(weight for weight, _ in pairs)
    value = math.fsum(weight * part for weight, part in pairs) / total
    each = [weight * part / total for weight, part in pairs]
    together = [math.fsum(each[:folded]), *each[folded:]]
    assert math.fsum(add_up_to(value, each)) == value
    assert math.fsum(add_up_to(value, together)) == value
    assert min(add_up_to(value, together)) >= 0


def test_what_is_not_the_mean_is_not_explained() -> None:
    with pytest.raises(ValueError, match=r"is not 0\.6"):
        add_up_to(0.6, [0.2, 0.3])


def test_parts_that_do_not_count_say_why() -> None:
    sketch = Sketch()
    sketch.objective("company", progress_source=ProgressSource.KEY_RESULTS)
    sketch.measured("revenue", "company", 0.5)
    sketch.key_result("churn", "company")
    sketch.measured("later", "company", 0.9, weight=0.0)
    sketch.measured("paused", "company", 0.9)
    sketch.pause("paused")
    for name in ("helps", "supports", "through"):
        sketch.objective(name)
    sketch.align("helps", "company")
    sketch.align("supports", "company", supports=True)
    sketch.align("through", "paused")
    sketch.count_all()
    parts = explained(sketch.tree, sketch.tree.objectives[uid("company")], Metric.PROGRESS, END).parts
    names = {uid(n): n for n in ("revenue", "churn", "later", "paused", "helps", "supports", "through")}
    assert {names[part.id]: (part.counted, part.reason) for part in parts} == {
        "revenue": (True, None),
        "churn": (True, PartReason.NOT_MEASURED),
        "later": (False, PartReason.NO_WEIGHT),
        "paused": (False, PartReason.PAUSED),
        "helps": (False, PartReason.OTHER_SOURCE),
        "supports": (False, PartReason.SUPPORTS),
        "through": (False, PartReason.KEY_RESULT_DOES_NOT_COUNT),
    }
    assert [part.node_type for part in parts[:2]] == [NodeType.KEY_RESULT] * 2


def test_parts_beyond_the_limit_are_told_as_one() -> None:
    sketch = Sketch()
    sketch.objective("company")
    for place in range(MAX_EXPLAINED_PARTS + 2):
        sketch.measured(f"key result {place}", "company", 0.3)
    sketch.count_all()
    told = explained(sketch.tree, sketch.tree.objectives[uid("company")], Metric.PROGRESS, END)
    assert len(told.parts) == MAX_EXPLAINED_PARTS
    assert told.others is not None
    assert told.others.count == 2
    assert added_up(told) == told.value == sketch["company"].progress
