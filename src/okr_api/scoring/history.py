"""History: numbers of nodes at earlier instants, by the check-ins effective then and the present plan.

Each number is computed by the function that computes the present one, of fewer check-ins. What is in a closed
cycle has the numbers that it was closed with from then on.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding
from okr_api.okr.cycle import Cycle
from okr_api.okr.key_result import KeyResult, Reading
from okr_api.okr.tree import Tree

from .formula import Series, check_ins_of, computing_series
from .key_result import standing_of_key_result
from .limit_readings import LimitHistory, held_within
from .readings import STEP_READINGS, sorting
from .rollup import standing_of_objective
from .steps import Steps
from .tree_order import children_first

ALWAYS = datetime.max.replace(tzinfo=UTC)


class Numbers(NamedTuple):
    """Numbers of a node at an instant; objectives have no value."""

    progress: float | None
    value: float | None
    confidence: float | None


class ReadingsSoFar:
    """Check-ins of a key result, oldest first, taken one after the other, and those by which it stands."""

    def __init__(self, key_result: KeyResult, in_order: Sequence[Reading], begin: datetime, end: datetime):
        self.key_result = key_result
        self.in_order = in_order
        self.end = end
        self._taken = 0
        self._first: Reading | None = None
        self._current: Reading | None = None
        self._sure: Reading | None = None
        self._limit = LimitHistory(begin) if key_result.measure.is_limit else None

    def taking(self, until: datetime) -> Steps[None]:
        """Take the next check-ins, those that are effective by an instant."""
        while self._taken < len(self.in_order) and self.in_order[self._taken].effective_at <= until:
            self._take(self.in_order[self._taken])
            self._taken += 1
            if self._taken % STEP_READINGS == 0:
                yield

    def _take(self, reading: Reading) -> None:
        if reading.confidence is not None:
            self._sure = reading
        if not reading.measures or reading.definition != self.key_result.definition:
            return
        if reading.effective_at >= self.end:
            return
        self._first = self._first or reading
        self._current = reading
        if self._limit is not None:
            self._limit.add(reading, held_within(self.key_result, reading))

    def deciding(self) -> list[Reading]:
        """Return check-ins by which progress, value and confidence are as by all that were taken."""
        if self._limit is None:
            measured = [one for one in (self._first, self._current) if one is not None]
        else:
            measured = list(self._limit.summed_up())
        sure = () if self._sure is None else (replace(self._sure, value=None, milestones_done=None),)
        return [*measured, *sure]


class Replay:
    """Replay of a tree from one instant to later ones; it replaces the standings of the tree.

    `objectives` are in the order in which they are computed. Their key results, aligned objectives and all
    check-ins are in the tree, as are the `key_results`, which are asked for themselves.
    """

    def __init__(self, tree: Tree, objectives: Sequence[UUID], key_results: Collection[UUID]) -> None:
        self.tree = tree
        self.objectives = objectives
        own = {id for objective in objectives for id in tree.key_result_ids_of(objective)}
        self.key_results = sorted(own.union(key_results), key=lambda id: id.int)
        self.readings: dict[UUID, ReadingsSoFar] = {}
        self.kept: dict[UUID, KeyResultStanding | ObjectiveStanding] = {}
        self.moved: dict[datetime, set[UUID]] = {}
        self.is_begun = False

    def preparing(self, instants: Sequence[datetime]) -> Steps[None]:
        """Put check-ins in order, and find which key results may move at which of the instants."""
        tree, series = self.tree, dict[UUID, Series]()
        self.moved = {at: set() for at in instants}
        self.moved[instants[0]].update(self.key_results)
        for id in self.key_results:
            key_result = tree.key_results[id]
            if key_result.has_formula:
                yield from computing_series(tree, id, series)
            cycle = tree.cycle_of(key_result.objective_id)
            begin, end = cycle.starts_at(tree.zone), cycle.ends_at(tree.zone)
            in_order = yield from sorting(check_ins_of(tree, key_result, series))
            known = ReadingsSoFar(key_result, in_order, begin, end)
            self.readings[id] = known
            self.kept[id] = tree.key_result_standings[id]
            for place, reading in enumerate(known.in_order, 1):
                after = min(bisect_left(instants, reading.effective_at), len(instants) - 1)
                self.moved[instants[after]].add(id)
                if place % STEP_READINGS == 0:
                    yield
            self._note_closing(id, cycle, instants)
            yield
        for id in self.objectives:
            self.kept[id] = tree.objective_standings[id]
            self._note_closing(id, tree.cycle_of(id), instants)

    def _note_closing(self, id: UUID, cycle: Cycle, instants: Sequence[datetime]) -> None:
        """Note that a node gets the numbers that it was closed with at the next of the instants."""
        closed_at = kept_from(cycle, self.tree)
        if closed_at is not None and closed_at <= instants[-1]:
            self.moved[instants[bisect_left(instants, closed_at)]].add(id)

    def advancing(self, at: datetime, until: datetime) -> Steps[None]:
        """Compute the numbers at the next instant, by the check-ins that are effective `until` then."""
        tree, due = self.tree, self.moved[at]
        is_first, self.is_begun = not self.is_begun, True
        for id in [one for one in due if one in self.readings]:
            if (yield from self._moving_key_result(id, at, until)):
                due.add(tree.key_results[id].objective_id)
            yield
        for id in self.objectives:
            if not is_first and id not in due:
                continue
            before = tree.objective_standings[id]
            is_kept = _is_kept(tree, id, at)
            after = self.kept[id] if is_kept else _standing_of_objective(tree, id, self.kept[id])
            assert isinstance(after, ObjectiveStanding)
            if after != before:
                tree.objective_standings[id] = after
                due.update(tree.parents_of(id))
            yield

    def _moving_key_result(self, id: UUID, at: datetime, until: datetime) -> Steps[bool]:
        """Compute a key result; return whether that moved it."""
        tree, key_result = self.tree, self.tree.key_results[id]
        yield from self.readings[id].taking(until)
        objective = tree.objectives[key_result.objective_id]
        cycle = tree.cycles[objective.cycle_id]
        after = self.kept[id]
        if not _is_kept(tree, objective.id, at):
            after = standing_of_key_result(
                key_result, objective, cycle, tree.zone, self.readings[id].deciding()
            )
        assert isinstance(after, KeyResultStanding)
        moved = after != tree.key_result_standings[id]
        if moved:
            tree.key_result_standings[id] = after
        return moved


def _standing_of_objective(
    tree: Tree, id: UUID, kept: KeyResultStanding | ObjectiveStanding
) -> ObjectiveStanding:
    """Return the standing of an objective by its parts; its curve, which no number here needs, stays."""
    return standing_of_objective(tree, tree.objectives[id], kept.expected)


def kept_from(cycle: Cycle, tree: Tree) -> datetime | None:
    """Return from when on the nodes of a cycle have the numbers that it was closed with; None while open."""
    return None if cycle.rules is None else min(cycle.rules.at, cycle.ends_at(tree.zone))


def _is_kept(tree: Tree, objective_id: UUID, at: datetime) -> bool:
    closed_at = kept_from(tree.cycle_of(objective_id), tree)
    return closed_at is not None and at >= closed_at


def replaying(
    tree: Tree,
    objectives: Collection[UUID],
    asked: Mapping[UUID, Sequence[datetime]],
    now: datetime,
) -> Steps[dict[UUID, list[Numbers]]]:
    """Return the numbers of nodes at instants of each, in their order, and replace the standings of the tree.

    `objectives` are those among the nodes and all beneath them, which are in the tree with their parts. From
    `now` on, after which there are no instants, all check-ins count, as they do for the present numbers.
    """
    instants = sorted({at for each in asked.values() for at in each})
    found: dict[UUID, list[Numbers]] = {id: [] for id in asked}
    if not instants:
        return found
    order = [id for id in (yield from children_first(tree, objectives)) if id in objectives]
    replay = Replay(tree, order, [id for id in asked if id in tree.key_results])
    yield from replay.preparing(instants)
    wanted: dict[datetime, list[UUID]] = {at: [] for at in instants}
    for id, each in asked.items():
        for at in each:
            wanted[at].append(id)
    for at in instants:
        yield from replay.advancing(at, ALWAYS if at >= now else at)
        for id in wanted[at]:
            found[id].append(numbers_of(tree, id))
        yield
    return found


def numbers_of(tree: Tree, id: UUID) -> Numbers:
    """Return the numbers of a node as they stand in the tree."""
    if id in tree.key_results:
        own = tree.key_result_standings[id]
        return Numbers(own.progress, own.current_value, own.confidence)
    standing = tree.objective_standings[id]
    return Numbers(standing.progress, None, standing.confidence)
