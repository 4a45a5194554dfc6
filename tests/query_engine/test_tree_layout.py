"""Tree layouts where objectives are skipped: work is bounded, and so is the number of parents."""

from itertools import pairwise
from time import perf_counter

import pytest

from okr_api.okr.errors import TooMany
from okr_api.query_engine.tree_layout import MAX_TREE_PARENTS, TreeLayout, lay_out_tree

Edges = dict[str, list[str]]


def laid_out(here: set[str], beneath: Edges, hidden: set[str]) -> TreeLayout:
    """Return the layout."""
    steps = lay_out_tree(here, beneath, hidden, None, None)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            layout: TreeLayout = end.value
            return layout


def ids(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number:05}" for number in range(count)]


def test_a_long_chain_of_skipped_objectives_is_walked_once():
    chain, leaves = ids("c", 9_000), ids("l", 9_000)
    beneath: Edges = {up: [down] for up, down in pairwise(chain)}
    beneath[chain[-1]] = leaves
    began = perf_counter()
    layout = laid_out({*chain, *leaves}, beneath, set(chain[1:]))
    assert perf_counter() - began < 5  # each leaf by itself: 81 million steps
    assert layout.root_ids == [chain[0]]
    assert {(depth, *up) for _, depth, up in layout.rows[1:]} == {(1, f"obj_{chain[0]}")}
    assert len(layout.rows) == 9_001


def test_the_nearest_that_are_shown_are_found_by_every_way_and_named_once():
    beneath = {"a": ["h1", "h2"], "b": ["h2"], "h1": ["x"], "h2": ["x", "h3"], "h3": ["x"], "c": ["x"]}
    layout = laid_out({"a", "b", "c", "h1", "h2", "h3", "x"}, beneath, {"h1", "h2", "h3"})
    [parents] = [up for id, _, up in layout.rows if id == "x"]
    assert parents == ["obj_a", "obj_b", "obj_c"]


def test_the_parents_of_a_tree_are_at_most_so_many():
    tops = ids("t", 1_000)
    most = MAX_TREE_PARENTS // len(tops) - 1  # the skipped one has as many as each leaf
    for leaves in (ids("l", most), ids("l", most + 1)):
        beneath = {**{top: ["hidden"] for top in tops}, "hidden": leaves}
        here = {*tops, "hidden", *leaves}
        if len(leaves) == most:
            assert len(laid_out(here, beneath, {"hidden"}).rows) == len(tops) + most
        else:
            with pytest.raises(TooMany):
                laid_out(here, beneath, {"hidden"})
