"""Tree: in-memory part of an organisation's OKRs that a mutation edits; unsaved changes; rejects loops."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from .alignment import Alignment
from .cadence import EffectiveCadence
from .change_tracking import TrackedDict
from .computed_values import KeyResultStanding, ObjectiveStanding
from .cycle import Cycle
from .errors import AlignmentLoops
from .formula import FormulaIndex
from .key_result import KeyResult, Reading
from .objective import Objective
from .people import Organization
from .rollup_summary import KeyResultPart, ObjectivePart


class Tree:
    """The part of an organisation's tree that a mutation works on.

    Every dictionary is keyed by id, `alignments` by (child, parent). An objective that is to be recomputed
    has all its key results, all its children and their standings here. `readings` holds what determines a
    key result's standing: at least its first, its current and its latest check-ins, and all of them for a
    limit; and of an objective that is checked in on, at least the latest that report something. Where not all
    of a key result are there, `read_until` has the instants before which the latest one is: the end of its
    cycle, and those of formulas over it. `whole` are the objectives with all their parts loaded,
    `countable` those whose parts are loaded at least as summaries: `key_result_parts` and `objective_parts`
    are of nodes that are not loaded themselves. `counting` caches which parts count (`scoring/rollup.py`)
    until the plan is edited. `announced_until` is the instant up to which the clock has told every status in
    the feed; None if it has never run. `moved_cadences` are those that apply to objectives and are not saved
    yet; with `moves_all_cadences` edits may move the cadence of every objective.
    """

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.zone = organization.zone
        self.announced_until: datetime | None = None
        self.counting: dict[UUID, Any] = {}
        self.cycles: TrackedDict[UUID, Cycle] = TrackedDict()
        self.objectives: TrackedDict[UUID, Objective] = TrackedDict(self.counting.clear)
        self.key_results: TrackedDict[UUID, KeyResult] = TrackedDict(self.counting.clear)
        self.alignments: TrackedDict[tuple[UUID, UUID], Alignment] = TrackedDict(self.counting.clear)
        self.objective_standings: TrackedDict[UUID, ObjectiveStanding] = TrackedDict()
        self.key_result_standings: TrackedDict[UUID, KeyResultStanding] = TrackedDict()
        self.readings: dict[UUID, list[Reading]] = {}
        self.read_until: dict[UUID, frozenset[datetime]] = {}
        self.formulas = FormulaIndex()
        self.whole: set[UUID] = set()
        self.countable: set[UUID] = set()
        self.key_result_parts: dict[UUID, KeyResultPart] = {}
        self.objective_parts: dict[UUID, ObjectivePart] = {}
        self.moved_cadences: dict[UUID, EffectiveCadence | None] = {}
        self.moves_all_cadences = False
        self._objective_of: dict[UUID, UUID] = {}
        self._key_results_of: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._up: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._down: defaultdict[UUID, set[UUID]] = defaultdict(set)

    def settle(self) -> None:
        """Mark all values as saved."""
        for kept in self._kept():
            kept.settle()
        self.moved_cadences.clear()

    def _kept(self) -> tuple[TrackedDict[Any, Any], ...]:
        return (
            self.cycles,
            self.objectives,
            self.key_results,
            self.alignments,
            self.objective_standings,
            self.key_result_standings,
        )

    def dismantling(self) -> Generator[None, None, None]:
        """Free the tree step by step, as freeing a large one takes long; it is unusable afterwards."""
        for kept in self._kept():
            yield from kept.dismantling()
        others: tuple[dict[Any, Any], ...] = (
            self.readings,
            self.read_until,
            self.counting,
            self.key_result_parts,
            self.objective_parts,
            self._objective_of,
            self._key_results_of,
            self._up,
            self._down,
        )
        for values in others:
            while values:
                values.popitem()
                yield

    def __len__(self) -> int:
        """Return the number of nodes, loaded or as summaries."""
        parts = len(self.key_result_parts) + len(self.objective_parts)
        return len(self.objectives) + len(self.key_results) + parts

    def remember_key_result(self, key_result: KeyResult, standing: KeyResultStanding) -> None:
        """Add a stored key result with its standing."""
        self.key_results.remember(key_result.id, key_result)
        self.key_result_standings.remember(key_result.id, standing)
        self.key_result_parts.pop(key_result.id, None)
        present = self.key_results[key_result.id]
        if present.formula_part_ids:
            self.formulas.put(present.id, present.formula_part_ids)
        self._belongs(key_result.id, present.objective_id)

    def remember_objective(self, objective: Objective, standing: ObjectiveStanding) -> None:
        """Add a stored objective with its standing."""
        self.objectives.remember(objective.id, objective)
        self.objective_standings.remember(objective.id, standing)
        self.objective_parts.pop(objective.id, None)

    def remember_key_result_part(self, id: UUID, objective_id: UUID, part: KeyResultPart) -> None:
        """Add the summary of a stored key result, unless the key result is loaded."""
        if id not in self.key_results:
            self.key_result_parts[id] = part
            self._belongs(id, objective_id)

    def remember_objective_part(self, id: UUID, part: ObjectivePart) -> None:
        """Add the summary of a stored objective, unless the objective is loaded."""
        if id not in self.objectives:
            self.objective_parts[id] = part

    def move_cadence(self, objective_id: UUID, effective: EffectiveCadence | None) -> None:
        """Give an objective the cadence that applies to it now; this is no edit of the objective."""
        objective = replace(self.objectives[objective_id], effective_cadence=effective)
        self.objectives.derive(objective_id, objective)
        self.moved_cadences[objective_id] = effective

    def fold(self) -> None:
        """Replace all key results by their summaries; the tree must have no unsaved changes."""
        for id in list(self.key_results):
            standing = self.key_result_standings.forget(id)
            self.key_result_parts[id] = KeyResultPart.of(self.key_results.forget(id), standing)
        self.readings.clear()
        self.whole.clear()
        self.formulas.clear()

    def _belongs(self, key_result_id: UUID, objective_id: UUID) -> None:
        self._objective_of[key_result_id] = objective_id
        self._key_results_of[objective_id].add(key_result_id)

    def remember_alignment(self, alignment: Alignment) -> None:
        """Add a stored edge, unless it has been removed here."""
        self.alignments.remember(alignment.key, alignment)
        if alignment.key in self.alignments:
            self._up[alignment.child_id].add(alignment.parent_id)
            self._down[alignment.parent_id].add(alignment.child_id)

    def put_key_result(self, key_result: KeyResult) -> None:
        """Add or replace a key result, or move it to the objective that it now names.

        Raises:
            AlignmentLoops: it would move to an objective that serves it.
        """
        before = self.key_results.get(key_result.id)
        if before is not None and before.objective_id != key_result.objective_id:
            for child in sorted(self._down[key_result.id]):
                self._refuse_loop(child, key_result.objective_id)
            self._key_results_of[before.objective_id].discard(key_result.id)
        self.key_results[key_result.id] = key_result
        self.formulas.put(key_result.id, key_result.formula_part_ids)
        self._belongs(key_result.id, key_result.objective_id)

    def put_alignment(self, alignment: Alignment) -> None:
        """Add or replace an edge.

        Raises:
            AlignmentLoops: the child is already an ancestor of the parent.
        """
        parent = self.owner_of(alignment.parent_id)
        self._refuse_loop(alignment.child_id, parent)
        self.alignments[alignment.key] = alignment
        self._up[alignment.child_id].add(alignment.parent_id)
        self._down[alignment.parent_id].add(alignment.child_id)

    def _refuse_loop(self, child_id: UUID, parent_id: UUID) -> None:
        if parent_id == child_id or child_id in self.ancestors_of([parent_id]):
            child, parent = self.objectives[child_id].title, self.objectives[parent_id].title
            raise AlignmentLoops(f"{child!r} cannot serve {parent!r}, which already serves it")

    def drop_alignment(self, alignment: Alignment) -> None:
        """Remove an edge."""
        del self.alignments[alignment.key]
        self._up[alignment.child_id].discard(alignment.parent_id)
        self._down[alignment.parent_id].discard(alignment.child_id)

    def owner_of(self, parent_id: UUID) -> UUID:
        """Return the objective at the upper end of an edge: a key result stands for its objective."""
        return self._objective_of.get(parent_id, parent_id)

    def key_results_of(self, objective_id: UUID) -> list[KeyResult]:
        """Return all key results of a fully loaded objective, ordered by id."""
        return [self.key_results[id] for id in self.key_result_ids_of(objective_id)]

    def key_result_ids_of(self, objective_id: UUID) -> list[UUID]:
        """Return the ids of all key results of an objective, in order."""
        return sorted(self._key_results_of.get(objective_id, ()))

    def is_whole(self, key_result_id: UUID) -> bool:
        """Return whether a key result is loaded with all nodes that a reading of it can move."""
        return key_result_id in self.key_results and self.owner_of(key_result_id) in self.whole

    def alignments_of(self, child_id: UUID) -> list[Alignment]:
        """Return the edges upwards from an objective, ordered by parent id."""
        return [self.alignments[(child_id, parent)] for parent in sorted(self._up.get(child_id, ()))]

    def served_by(self, objective_id: UUID) -> Iterator[Alignment]:
        """Yield the edges that lead to an objective or to one of its key results."""
        for parent in (objective_id, *self._key_results_of.get(objective_id, ())):
            for child in self._down.get(parent, ()):
                yield self.alignments[(child, parent)]

    def parents_of(self, objective_id: UUID) -> set[UUID]:
        """Return the objectives that an objective serves, directly or through their key results."""
        return {self.owner_of(parent) for parent in self._up.get(objective_id, ())}

    def ancestors_of(self, objective_ids: Iterable[UUID]) -> set[UUID]:
        """Return all objectives above the given ones, over every kind of edge."""
        seen: set[UUID] = set()
        waiting = list(objective_ids)
        while waiting:
            for parent in self.parents_of(waiting.pop()):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return seen

    def cycle_of(self, objective_id: UUID) -> Cycle:
        """Return the cycle of an objective."""
        return self.cycles[self.objectives[objective_id].cycle_id]

    def encloses(self, outer_id: UUID, inner_id: UUID) -> bool:
        """Return whether the outer cycle is the inner one or one of its ancestors."""
        here: UUID | None = inner_id
        while here is not None and here != outer_id:
            here = self.cycles[here].parent_id
        return here is not None
