"""Propagation: recompute changed nodes and their ancestors, children first; deltas of what clients are shown.

An objective is recomputed when one of its parts has changed, and its parents only if its own numbers
changed. Formulas over the given key results are recomputed with them. Propagation stops at a closed
objective, which keeps its grades.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from okr_api.okr.change import Delta
from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding, Status
from okr_api.okr.entity import NodeType
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.okr.tree import Tree

from .formula import Series, check_ins_of, computing_series, is_graded, values_of_parts
from .key_result import standing_of_key_result
from .limit_readings import deciding_readings
from .rollup import Standing, bends, standing_of_objective
from .steps import Steps
from .tree_order import children_first

NOT_SHOWN = {"lineage", "latest_check_in_id", "reported_until", "derived", "status", "announced_at"}
_NUMBERS_OF = {
    kind: attrgetter(*[field.name for field in fields(kind) if field.name not in NOT_SHOWN])
    for kind in (KeyResultStanding, ObjectiveStanding)
}


def _numbers(standing: Standing) -> object:
    """Return the stored numbers of a standing that are shown unchanged."""
    return _NUMBERS_OF[type(standing)](standing)


def propagate(
    tree: Tree,
    *,
    key_results: Iterable[UUID] = (),
    objectives: Iterable[UUID] = (),
    at: datetime,
    by_check_in: bool = False,
) -> tuple[Delta, ...]:
    """Run `propagating` to its end and return the deltas."""
    steps = propagating(tree, key_results=key_results, objectives=objectives, at=at, by_check_in=by_check_in)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            deltas: tuple[Delta, ...] = end.value
            return deltas


def propagating(
    tree: Tree,
    *,
    key_results: Iterable[UUID] = (),
    objectives: Iterable[UUID] = (),
    at: datetime,
    by_check_in: bool = False,
) -> Steps[tuple[Delta, ...]]:
    """Recompute the given nodes and all ancestors that change, yielding after each node.

    Returns one delta for each changed node, children before parents, ties by id; none for nodes that were
    never published, nor where nothing changed that a client shows (`is_shown`), unless the change published
    them. `at` is the instant of the statuses, and of the change: `Tree.announced_until` says what the feed
    told before it. Nodes named `by_check_in` keep their curves, unless a part bends.
    """
    deltas: list[Delta] = []
    named = set(objectives)
    due = dict.fromkeys(named, not by_check_in)  # objective id: whether its curve must be recomputed
    measured = set(key_results)
    series: dict[UUID, Series] = {}
    for key_result_id in tree.formulas.parts_first(measured):
        key_result = tree.key_results[key_result_id]
        if key_result_id not in measured and is_graded(tree, key_result):
            continue
        moved = yield from _recounting_key_result(tree, key_result, series, at)
        if moved:
            objective_id = key_result.objective_id
            due[objective_id] = due.get(objective_id, False) or bends(*moved)
        deltas += _told(tree, key_result, moved, at)
        yield
    for objective_id in (yield from children_first(tree, due)):
        objective = tree.objectives[objective_id]
        closed = objective.state is ObjectiveState.CLOSED and objective_id not in named
        if objective_id not in due or closed:
            continue
        risen = _recount_objective(tree, objective, at, bent=due[objective_id])
        if risen:
            bent = bends(*risen)
            for parent in tree.parents_of(objective_id):
                due[parent] = due.get(parent, False) or bent
        deltas += _told(tree, objective, risen, at)
        yield
    return tuple(deltas)


def recomputing(tree: Tree, objectives: Iterable[UUID]) -> Steps[None]:
    """Recompute objectives and their key results, but nothing above, yielding after each node.

    Formulas that keep their numbers are left as they are.
    """
    series: dict[UUID, Series] = {}
    for objective_id in objectives:
        for key_result in tree.key_results_of(objective_id):
            if not is_graded(tree, key_result):
                yield from _recounting_key_result(tree, key_result, series, None)
            yield
        _recount_objective(tree, tree.objectives[objective_id], None, bent=True)
        yield


def _told(
    tree: Tree, node: Objective | KeyResult, moved: tuple[Standing | None, Standing] | None, at: datetime
) -> tuple[Delta, ...]:
    """Return the delta of a recomputed node, if it gets one.

    It does if something shown `moved`, or if it was in a draft before the change: then its numbers are new.
    """
    holder_id = node.id if isinstance(node, Objective) else node.objective_id
    if tree.objectives[holder_id].is_unpublished:
        return ()
    if not (moved and is_shown(*moved, at, tree.announced_until)) and not _was_in_draft(tree, node):
        return ()
    standings = tree.objective_standings if isinstance(node, Objective) else tree.key_result_standings
    standing = standings[node.id]
    return (_delta(node, *(moved or (standing, standing)), at, tree.announced_until),)


def _was_in_draft(tree: Tree, node: Objective | KeyResult) -> bool:
    """Return whether a node, or the objective that had it before the change, was unpublished."""
    if isinstance(node, Objective):
        known = tree.objectives.before(node.id)
    else:
        known = tree.objectives.before((tree.key_results.before(node.id) or node).objective_id)
    return known is not None and known.is_unpublished


def is_shown(
    before: Standing | None, after: Standing, at: datetime, announced_until: datetime | None = None
) -> bool:
    """Return whether a change moved anything that a client shows.

    A repeated value changes only which check-in is the latest, and a cadence when statuses will turn, which
    the clock tells then: neither counts. A status that the feed has not told yet does.
    """
    if before is None or before.progress != after.progress or _numbers(before) != _numbers(after):
        return True
    was, now = [(each.status.at(at), each.derived.at(at)) for each in (before, after)]
    return was != now or status_before(before, after, at, announced_until) is not now[0]


def _recounting_key_result(
    tree: Tree, key_result: KeyResult, series: dict[UUID, Series], at: datetime | None
) -> Steps[tuple[KeyResultStanding | None, KeyResultStanding] | None]:
    """Return the standing before and after, or None if it did not change; `series` are those of formulas."""
    if key_result.has_formula:
        yield from computing_series(tree, key_result.id, series)
    objective = tree.objectives[key_result.objective_id]
    cycle = tree.cycles[objective.cycle_id]
    check_ins = check_ins_of(tree, key_result, series)
    begin, end = cycle.starts_at(tree.zone), cycle.ends_at(tree.zone)
    deciding = yield from deciding_readings(key_result, check_ins, begin=begin, end=end)
    before = tree.key_result_standings.get(key_result.id)
    holidays = cycle.holidays(tree.organization.holiday_calendar)
    after = standing_of_key_result(
        key_result, objective, cycle, tree.zone, deciding, holidays, announced_at=at
    )
    if key_result.has_formula and cycle.rules:
        after = replace(after, part_values=values_of_parts(tree, key_result, series))
    if after == before:
        return None
    tree.key_result_standings[key_result.id] = after
    return before, after


def _recount_objective(
    tree: Tree, objective: Objective, at: datetime | None, *, bent: bool
) -> tuple[ObjectiveStanding | None, ObjectiveStanding] | None:
    """Recompute an objective like a key result; its curve is reused unless `bent`."""
    before = tree.objective_standings.get(objective.id)
    curve = None if bent or before is None else before.expected
    after = standing_of_objective(tree, objective, curve, announced_at=at)
    if after == before:
        return None
    tree.objective_standings[objective.id] = after
    return before, after


def status_before(
    before: Standing, after: Standing, at: datetime, announced_until: datetime | None
) -> Status:
    """Return the status before a change, or, if that stays as it is, the one that the feed told last.

    The clock tells the transitions up to `announced_until`, a change those before it of what it recomputes.
    """
    present = before.status.at(at)
    if announced_until is None or present is not after.status.at(at):
        return present
    last = max(announced_until, before.announced_at or announced_until)
    return before.status.at(min(last, at))


def _delta(
    node: Objective | KeyResult, known: Any, after: Any, at: datetime, announced_until: datetime | None
) -> Delta:
    """Return the delta of a node between two standings of it; before the first everything is None."""
    before = known or type(after)()
    moved = {
        "before": before.progress,
        "after": after.progress,
        "status_before": status_before(before, after, at, announced_until),
        "status_after": after.status.at(at),
        "confidence_before": before.confidence,
        "confidence_after": after.confidence,
        "coverage_before": before.coverage,
        "coverage_after": after.coverage,
    }
    if isinstance(node, KeyResult):
        values = {"value_before": before.current_value, "value_after": after.current_value}
        return Delta(NodeType.KEY_RESULT, node.id, **moved, **values)
    sources = {"source_before": known and before.progress_from, "source_after": after.progress_from}
    return Delta(NodeType.OBJECTIVE, node.id, **moved, **sources)
