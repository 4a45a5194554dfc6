"""Properties of propagation: a change moves its path to the root, and nothing else."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given, settings

from okr_api.okr.change import Delta
from okr_api.okr.entity import NodeType
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.objective import ObjectiveState
from okr_api.okr.tree import Tree
from okr_api.scoring.propagation import is_shown
from tests.scoring.sketch import END, Sketch, uid
from tests.scoring.strategies import Drawn, Standings, trees

quick = settings(max_examples=100, deadline=None)


def from_the_beginning(drawn: Drawn) -> Standings:
    """Compute every number from scratch, in a copy of the tree in reverse order."""
    tree, again = drawn.sketch.tree, Sketch()
    for objective in reversed(tree.objectives.values()):
        again.tree.objectives[objective.id] = objective
    for key_result in reversed(tree.key_results.values()):
        again.tree.put_key_result(key_result)
        again.tree.readings[key_result.id] = tree.readings[key_result.id][::-1]
    for alignment in reversed(tree.alignments.values()):
        again.tree.put_alignment(alignment)
    again.count_all()
    return {**again.tree.key_result_standings, **again.tree.objective_standings}


def check_in(drawn: Drawn, seq: int) -> tuple[str, tuple[Delta, ...]]:
    """Add a random reading to a random key result; return its name, and what moved."""
    name = drawn.random.choice(drawn.key_results)
    drawn.check_in(name, seq)
    return name, drawn.sketch.recount(key_results=[name])


def _counted(drawn: Drawn) -> Drawn:
    drawn.sketch.count_all()
    return drawn


COUNTED = trees().filter(lambda drawn: bool(drawn.key_results)).map(_counted)


@quick
@given(COUNTED)
def test_a_reading_changes_only_its_path_to_the_root(drawn: Drawn):
    tree = drawn.sketch.tree
    before = drawn.standings
    name, deltas = check_in(drawn, 100)
    owner = tree.key_results[uid(name)].objective_id
    path = {uid(name), owner} | tree.ancestors_of([owner])
    after = drawn.standings
    changed = {id for id in after if after[id] is not before[id]}
    shown = {id for id in changed if is_shown(before[id], after[id], END)}
    assert shown == {delta.node_id for delta in deltas}
    assert changed <= path
    assert all(after[id] is before[id] for id in after.keys() - path)


@quick
@given(COUNTED)
def test_a_check_in_that_is_repeated_tells_only_what_is_shown(drawn: Drawn):
    name, _ = check_in(drawn, 100)
    before = drawn.standings
    drawn.check_in(name, 101)
    deltas = drawn.sketch.recount(key_results=[name], by_check_in=True)
    after = drawn.standings
    changed = {id for id in after if after[id] is not before[id]}
    shown = {id for id in changed if is_shown(before[id], after[id], END)}
    assert shown == {delta.node_id for delta in deltas}


@quick
@given(COUNTED)
def test_recounting_what_moved_equals_counting_from_the_beginning(drawn: Drawn):
    for seq in range(100, 100 + drawn.random.randint(1, 4)):
        check_in(drawn, seq)
    assert drawn.standings == from_the_beginning(drawn)


@quick
@given(COUNTED)
def test_the_same_holds_for_edits_of_the_plan(drawn: Drawn):
    for seq in range(100, 100 + drawn.random.randint(1, 4)):
        drawn.random.choice([reweigh, pause, pause_objective, realign])(drawn)
        check_in(drawn, seq)
    assert drawn.standings == from_the_beginning(drawn)


def reweigh(drawn: Drawn) -> None:
    """Change the weight of a random key result."""
    tree, name = drawn.sketch.tree, drawn.random.choice(drawn.key_results)
    key_result = replace(tree.key_results[uid(name)], weight=drawn.random.choice([0.0, 0.2, 1.0, 5.0]))
    tree.put_key_result(key_result)
    drawn.sketch.recount(objectives=[tree.objectives[key_result.objective_id].title])


def pause(drawn: Drawn) -> None:
    """Change the state of a random key result."""
    tree, name = drawn.sketch.tree, drawn.random.choice(drawn.key_results)
    state = drawn.random.choice(list(KeyResultState))
    key_result = replace(tree.key_results[uid(name)], state=state)
    tree.put_key_result(key_result)
    drawn.sketch.recount(key_results=[name], objectives=[tree.objectives[key_result.objective_id].title])


def pause_objective(drawn: Drawn) -> None:
    """Pause or publish a random objective; it is recomputed together with its parents."""
    tree, name = drawn.sketch.tree, drawn.random.choice(drawn.objectives)
    state = drawn.random.choice([ObjectiveState.PUBLISHED, ObjectiveState.PAUSED])
    tree.objectives[uid(name)] = replace(tree.objectives[uid(name)], state=state)
    drawn.sketch.recount(
        key_results=[tree.key_results[each.id].title for each in tree.key_results_of(uid(name))],
        objectives=[name, *(tree.objectives[parent].title for parent in tree.parents_of(uid(name)))],
    )


def realign(drawn: Drawn) -> None:
    """Add an alignment, or remove the last one."""
    tree, child = drawn.sketch.tree, drawn.random.choice(drawn.objectives)
    before = {tree.objectives[parent].title for parent in tree.parents_of(uid(child))}
    if tree.alignments_of(uid(child)) and drawn.random.random() < 0.5:
        tree.drop_alignment(tree.alignments_of(uid(child))[-1])
    else:
        drawn.align(child)
    after = {tree.objectives[parent].title for parent in tree.parents_of(uid(child))}
    drawn.sketch.recount(objectives=before | after)


@quick
@given(trees())
def test_the_order_in_which_a_tree_is_drawn_changes_no_bit(drawn: Drawn):
    drawn.sketch.count_all()
    assert drawn.standings == from_the_beginning(drawn)


@quick
@given(trees())
def test_every_number_of_an_objective_is_a_fraction(drawn: Drawn):
    drawn.sketch.count_all()
    for found in drawn.sketch.tree.objective_standings.values():
        numbers = (found.progress, found.coverage, found.confidence, found.score_at_end, found.score_floor)
        assert all(0 <= number <= 1 for number in numbers if number is not None)
        assert (found.progress is None) == (found.progress_reason is not None)


@quick
@given(trees())
def test_counting_again_moves_nothing(drawn: Drawn):
    drawn.sketch.count_all()
    assert drawn.sketch.count_all() == ()


@quick
@given(trees())
def test_deltas_come_children_before_parents(drawn: Drawn):
    tree = drawn.sketch.tree
    order = [delta.node_id for delta in drawn.sketch.count_all()]
    assert len(set(order)) == len(order) == len(tree.objectives) + len(tree.key_results)
    for place, id in enumerate(order):
        above = tree.ancestors_of([id]) if id in tree.objectives else {tree.key_results[id].objective_id}
        assert not above & set(order[:place])


@quick
@given(COUNTED)
def test_before_and_after_chain_up(drawn: Drawn):
    tree = drawn.sketch.tree
    known = drawn.standings
    for seq in range(100, 100 + drawn.random.randint(1, 3)):
        _, deltas = check_in(drawn, seq)
        moved = {delta.node_id for delta in deltas}
        for delta in deltas:
            before, after = known[delta.node_id], drawn.standings[delta.node_id]
            assert (delta.before, delta.after) == (before.progress, after.progress)
            assert (delta.status_before, delta.status_after) == (before.status.at(END), after.status.at(END))
            assert (delta.confidence_before, delta.confidence_after) == (before.confidence, after.confidence)
            assert (delta.coverage_before, delta.coverage_after) == (before.coverage, after.coverage)
            values = [getattr(one, "current_value", None) for one in (before, after)]
            assert [delta.value_before, delta.value_after] == values
            if delta.node_type is NodeType.OBJECTIVE:
                assert moved & beneath(tree, delta.node_id)
        known = drawn.standings


def beneath(tree: Tree, objective: UUID) -> set[UUID]:
    """Return the direct parts of an objective, whether they count or not."""
    parts = {key_result.id for key_result in tree.key_results_of(objective)}
    return parts | {alignment.child_id for alignment in tree.served_by(objective)}
