"""Tree: no loops over any kind of edge, and every edge is found from both its ends."""

from dataclasses import replace

import pytest

from okr_api.okr.alignment import Alignment
from okr_api.okr.computed_values import KeyResultStanding
from okr_api.okr.cycle import Cycle
from okr_api.okr.errors import AlignmentLoops
from tests.scoring.sketch import CYCLE, Sketch, increase, uid


@pytest.fixture
def three():
    """Return a tree in which C serves B, and B serves A."""
    sketch = Sketch()
    for name in "ABC":
        sketch.objective(name)
        sketch.key_result(f"k{name}", name)
    sketch.align("B", "A")
    sketch.align("C", "B")
    return sketch


LOOPS = {
    "itself": ("A", "A"),
    "its own key result": ("A", "kA"),
    "its child": ("A", "B"),
    "its grandchild": ("A", "C"),
    "the key result of a child": ("A", "kB"),
    "the key result of a grandchild": ("A", "kC"),
}


@pytest.mark.parametrize("supports", (False, True), ids=("contributes", "supports"))
@pytest.mark.parametrize(("child", "parent"), LOOPS.values(), ids=LOOPS.keys())
def test_an_objective_cannot_serve(three, child, parent, supports):
    before = dict(three.tree.alignments)
    with pytest.raises(AlignmentLoops):
        three.align(child, parent, supports=supports)
    assert three.tree.alignments == before
    assert three.tree.parents_of(uid("A")) == set()


def test_a_loop_through_a_key_result_is_a_loop(three):
    three.objective("D")
    three.align("A", "D")
    three.key_result("kC2", "C")
    with pytest.raises(AlignmentLoops):
        three.align("D", "kC2")


def test_a_key_result_cannot_move_to_what_serves_it(three):
    three.objective("D")
    three.align("D", "kA")
    moved = replace(three.tree.key_results[uid("kA")], objective_id=uid("D"))
    with pytest.raises(AlignmentLoops):
        three.tree.put_key_result(moved)
    assert three.tree.key_results[uid("kA")].objective_id == uid("A")
    assert [each.id for each in three.tree.key_results_of(uid("A"))] == [uid("kA")]


def test_a_key_result_moves_with_what_serves_it(three):
    three.objective("D")
    three.objective("E")
    three.align("D", "kC")
    three.tree.put_key_result(replace(three.tree.key_results[uid("kC")], objective_id=uid("E")))
    assert three.tree.parents_of(uid("D")) == {uid("E")}
    assert three.tree.key_results_of(uid("C")) == []


def test_two_ways_to_one_ancestor_are_no_loop(three):
    three.align("C", "A")
    three.align("C", "kA")
    assert three.tree.parents_of(uid("C")) == {uid("A"), uid("B")}
    assert len(three.tree.alignments_of(uid("C"))) == 3


def test_a_dropped_edge_is_gone_from_both_ends(three):
    three.tree.drop_alignment(three.tree.alignments[(uid("C"), uid("B"))])
    assert three.tree.parents_of(uid("C")) == set()
    assert list(three.tree.served_by(uid("B"))) == []
    assert three.tree.ancestors_of([uid("C")]) == set()
    three.align("B", "C")


def test_a_dropped_edge_is_not_remembered_again(three):
    """It may be loaded again before the first mutation of a group is saved."""
    three.objective("D")
    edge = Alignment(uid("D"), uid("A"), None)
    three.tree.remember_alignment(edge)
    three.tree.drop_alignment(edge)
    three.tree.remember_alignment(edge)
    assert three.tree.parents_of(uid("D")) == set()
    assert three.tree.alignments_of(uid("D")) == []
    assert three.tree.alignments.removed() == [edge]


def test_what_is_remembered_again_does_not_undo_an_edit(three):
    stored = three.tree.key_results[uid("kC")]
    three.tree.put_key_result(replace(stored, objective_id=uid("A")))
    three.tree.remember_key_result(stored, KeyResultStanding())
    assert three.tree.key_results_of(uid("C")) == []
    assert {each.id for each in three.tree.key_results_of(uid("A"))} == {uid("kA"), uid("kC")}


def test_ancestors_are_found_over_every_kind_of_edge(three):
    three.objective("D")
    three.align("A", "D", supports=True)
    three.objective("E")
    three.key_result("kE", "E")
    three.align("D", "kE", 0.0)
    assert three.tree.ancestors_of([uid("C")]) == {uid(name) for name in "ABDE"}


def test_there_is_one_edge_between_two(three):
    three.align("C", "B", 5.0)
    assert [edge.weight for edge in three.tree.alignments_of(uid("C"))] == [5.0]


def test_key_results_come_in_the_order_of_their_ids(three):
    for place in range(5):
        three.key_result(f"more{place}", "A", increase())
    ids = [each.id for each in three.tree.key_results_of(uid("A"))]
    assert ids == sorted(ids)
    assert len(ids) == 6


def test_a_cycle_encloses_itself_and_what_lies_within_it():
    tree = Sketch().tree
    outer: Cycle = replace(CYCLE, id=uid("year"))
    tree.cycles[outer.id] = outer
    tree.cycles[CYCLE.id] = replace(CYCLE, parent_id=outer.id)
    assert tree.encloses(outer.id, CYCLE.id)
    assert tree.encloses(CYCLE.id, CYCLE.id)
    assert not tree.encloses(CYCLE.id, outer.id)
