"""The chain: what a change moves, from the key result at the bottom to the last ancestor.

An objective is recounted when one of its parts has moved, and hands the movement on only if its
own numbers moved. Recounting stops at a closed objective: what was graded stays as it was graded.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from okr_api.okr.change import Delta, NodeType
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.okr.standing import KeyResultStanding, ObjectiveStanding
from okr_api.okr.tree import Tree

from .key_result import standing_of_key_result
from .rollup import standing_of_objective


def recount(
    tree: Tree, *, key_results: Iterable[UUID] = (), objectives: Iterable[UUID] = (), at: datetime
) -> tuple[Delta, ...]:
    """Recounts the key results and objectives named and all above them that this moves.

    *Shape*: one delta for each that moved, children before parents, ties by id; drafts push none.
    `at` is the instant for which the deltas tell the status.
    """
    deltas: list[Delta] = []
    due = set(objectives)
    for key_result_id in sorted(set(key_results)):
        moved = _recount_key_result(tree, key_result_id, at)
        if moved:
            due.add(tree.key_results[key_result_id].objective_id)
            deltas.append(moved)
    named = set(objectives)
    for objective_id in _children_first(tree, due):
        objective = tree.objectives[objective_id]
        closed = objective.state is ObjectiveState.CLOSED and objective_id not in named
        if objective_id not in due or closed:
            continue
        moved = _recount_objective(tree, objective, at)
        if moved:
            deltas.append(moved)
            due.update(tree.parents_of(objective_id))
    return tuple(delta for delta in deltas if not _is_draft(tree, delta))


def _is_draft(tree: Tree, delta: Delta) -> bool:
    return tree.objectives[tree.owner_of(delta.node_id)].state is ObjectiveState.DRAFT


def _recount_key_result(tree: Tree, key_result_id: UUID, at: datetime) -> Delta | None:
    key_result = tree.key_results[key_result_id]
    objective = tree.objectives[key_result.objective_id]
    known = tree.key_result_standings.get(key_result_id)
    before = known or KeyResultStanding()
    after = standing_of_key_result(
        key_result,
        objective,
        tree.cycles[objective.cycle_id],
        tree.zone,
        tree.readings.get(key_result_id, []),
    )
    if after == known:
        return None
    tree.key_result_standings[key_result_id] = after
    return Delta(
        node_type=NodeType.KEY_RESULT,
        node_id=key_result_id,
        before=before.progress,
        after=after.progress,
        status_before=before.status.at(at),
        status_after=after.status.at(at),
    )


def _recount_objective(tree: Tree, objective: Objective, at: datetime) -> Delta | None:
    known = tree.objective_standings.get(objective.id)
    before = known or ObjectiveStanding()
    after = standing_of_objective(tree, objective)
    if after == known:
        return None
    tree.objective_standings[objective.id] = after
    return Delta(
        node_type=NodeType.OBJECTIVE,
        node_id=objective.id,
        before=before.progress,
        after=after.progress,
        status_before=before.status.at(at),
        status_after=after.status.at(at),
        source_before=before.progress_from if known else None,
        source_after=after.progress_from,
    )


def _children_first(tree: Tree, objectives: Iterable[UUID]) -> list[UUID]:
    """The objectives and all above them, in waves: each after everything beneath it, ties by id."""
    parents = {id: tree.parents_of(id) for id in set(objectives) | tree.ancestors_of(objectives)}
    waiting = dict.fromkeys(parents, 0)
    for above in parents.values():
        for parent in above:
            waiting[parent] += 1
    order: list[UUID] = []
    wave = sorted(objective for objective, children in waiting.items() if children == 0)
    while wave:
        order += wave
        following: defaultdict[UUID, int] = defaultdict(int)
        for objective in wave:
            for parent in parents[objective]:
                following[parent] += 1
        for parent, done in following.items():
            waiting[parent] -= done
        wave = sorted(parent for parent in following if waiting[parent] == 0)
    return order
