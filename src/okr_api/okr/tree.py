"""The tree: objectives with their key results, aligned from person to team to company."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from typing import Any
from uuid import UUID

from .alignment import Alignment
from .change_tracking import TrackedDict
from .computed_values import KeyResultStanding, ObjectiveStanding
from .cycle import Cycle
from .errors import AlignmentLoops
from .key_result import KeyResult, Reading
from .objective import Objective
from .people import Organization
from .rollup_summary import KeyResultPart, ObjectivePart


class Tree:
    """The part of an organisation's tree that is being worked on.

    *Shape*: every dictionary is keyed by id, `alignments` by (child, parent). An objective that is
    to be recounted has all its key results, all its children and their standings here.
    `readings` holds what decides a key result's standing: at least its first, its current and its
    latest check-ins, and all of them where a limit is measured. `whole` are the objectives that have
    all their parts here, `countable` those that have them here at least as much as the means need of them:
    `key_result_parts` and `objective_parts` are of nodes that are not here themselves. `counting` is what
    the scoring has made of the plan, until the plan is edited.
    """

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.zone = organization.zone
        self.counting: dict[UUID, Any] = {}
        self.cycles: TrackedDict[UUID, Cycle] = TrackedDict()
        self.objectives: TrackedDict[UUID, Objective] = TrackedDict(self.counting.clear)
        self.key_results: TrackedDict[UUID, KeyResult] = TrackedDict(self.counting.clear)
        self.alignments: TrackedDict[tuple[UUID, UUID], Alignment] = TrackedDict(self.counting.clear)
        self.objective_standings: TrackedDict[UUID, ObjectiveStanding] = TrackedDict()
        self.key_result_standings: TrackedDict[UUID, KeyResultStanding] = TrackedDict()
        self.readings: dict[UUID, list[Reading]] = {}
        self.whole: set[UUID] = set()
        self.countable: set[UUID] = set()
        self.key_result_parts: dict[UUID, KeyResultPart] = {}
        self.objective_parts: dict[UUID, ObjectivePart] = {}
        self._objective_of: dict[UUID, UUID] = {}
        self._key_results_of: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._up: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._down: defaultdict[UUID, set[UUID]] = defaultdict(set)

    def settle(self) -> None:
        """Takes everything as it is now for stored."""
        for kept in self._kept():
            kept.settle()

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
        """Let everything go piece by piece: freeing a large tree takes long. It is of no use after that."""
        for kept in self._kept():
            yield from kept.dismantling()
        others: tuple[dict[Any, Any], ...] = (
            self.readings,
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
        """How many nodes are here, whole or as parts."""
        parts = len(self.key_result_parts) + len(self.objective_parts)
        return len(self.objectives) + len(self.key_results) + parts

    def remember_key_result(self, key_result: KeyResult, standing: KeyResultStanding) -> None:
        """Takes a stored key result with its standing."""
        self.key_results.remember(key_result.id, key_result)
        self.key_result_standings.remember(key_result.id, standing)
        self.key_result_parts.pop(key_result.id, None)
        self._belongs(key_result.id, self.key_results[key_result.id].objective_id)

    def remember_objective(self, objective: Objective, standing: ObjectiveStanding) -> None:
        """Takes a stored objective with its standing."""
        self.objectives.remember(objective.id, objective)
        self.objective_standings.remember(objective.id, standing)
        self.objective_parts.pop(objective.id, None)

    def remember_key_result_part(self, id: UUID, objective_id: UUID, part: KeyResultPart) -> None:
        """Takes what the means need of a stored key result, unless it is here itself."""
        if id not in self.key_results:
            self.key_result_parts[id] = part
            self._belongs(id, objective_id)

    def remember_objective_part(self, id: UUID, part: ObjectivePart) -> None:
        """Takes what the means need of a stored objective, unless it is here itself."""
        if id not in self.objectives:
            self.objective_parts[id] = part

    def fold(self) -> None:
        """Lets all key results go but for what the means need of them; the tree must be settled."""
        for id in list(self.key_results):
            standing = self.key_result_standings.forget(id)
            self.key_result_parts[id] = KeyResultPart.of(self.key_results.forget(id), standing)
        self.readings.clear()
        self.whole.clear()

    def _belongs(self, key_result_id: UUID, objective_id: UUID) -> None:
        self._objective_of[key_result_id] = objective_id
        self._key_results_of[objective_id].add(key_result_id)

    def remember_alignment(self, alignment: Alignment) -> None:
        """Takes a stored edge, unless it has been taken away here."""
        self.alignments.remember(alignment.key, alignment)
        if alignment.key in self.alignments:
            self._up[alignment.child_id].add(alignment.parent_id)
            self._down[alignment.parent_id].add(alignment.child_id)

    def put_key_result(self, key_result: KeyResult) -> None:
        """Adds a key result, replaces it, or moves it to the objective that it now names.

        *Refuses*: a move to something that serves it (`AlignmentLoops`).
        """
        before = self.key_results.get(key_result.id)
        if before is not None and before.objective_id != key_result.objective_id:
            for child in sorted(self._down[key_result.id]):
                self._refuse_loop(child, key_result.objective_id)
            self._key_results_of[before.objective_id].discard(key_result.id)
        self.key_results[key_result.id] = key_result
        self._belongs(key_result.id, key_result.objective_id)

    def put_alignment(self, alignment: Alignment) -> None:
        """Adds an edge or replaces it.

        *Refuses*: an edge to something that the child already is an ancestor of (`AlignmentLoops`).
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
        """Takes an edge away."""
        del self.alignments[alignment.key]
        self._up[alignment.child_id].discard(alignment.parent_id)
        self._down[alignment.parent_id].discard(alignment.child_id)

    def owner_of(self, parent_id: UUID) -> UUID:
        """The objective at the upper end of an edge: a key result stands for its objective."""
        return self._objective_of.get(parent_id, parent_id)

    def key_results_of(self, objective_id: UUID) -> list[KeyResult]:
        """All key results of an objective that is whole, in order of their ids."""
        return [self.key_results[id] for id in self.key_result_ids_of(objective_id)]

    def key_result_ids_of(self, objective_id: UUID) -> list[UUID]:
        """The ids of all key results of an objective, in order."""
        return sorted(self._key_results_of.get(objective_id, ()))

    def is_whole(self, key_result_id: UUID) -> bool:
        """Whether a key result is here with all that a reading of it can move."""
        return key_result_id in self.key_results and self.owner_of(key_result_id) in self.whole

    def alignments_of(self, child_id: UUID) -> list[Alignment]:
        """The edges upwards from an objective, in order of their upper ends."""
        return [self.alignments[(child_id, parent)] for parent in sorted(self._up.get(child_id, ()))]

    def served_by(self, objective_id: UUID) -> Iterator[Alignment]:
        """The edges that lead to an objective or to one of its key results."""
        for parent in (objective_id, *self._key_results_of.get(objective_id, ())):
            for child in self._down.get(parent, ()):
                yield self.alignments[(child, parent)]

    def parents_of(self, objective_id: UUID) -> set[UUID]:
        """The objectives that an objective serves, directly or through their key results."""
        return {self.owner_of(parent) for parent in self._up.get(objective_id, ())}

    def ancestors_of(self, objective_ids: Iterable[UUID]) -> set[UUID]:
        """All objectives above the given ones, over every kind of edge."""
        seen: set[UUID] = set()
        waiting = list(objective_ids)
        while waiting:
            for parent in self.parents_of(waiting.pop()):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return seen

    def cycle_of(self, objective_id: UUID) -> Cycle:
        """The cycle in which an objective is to be reached."""
        return self.cycles[self.objectives[objective_id].cycle_id]

    def encloses(self, outer_id: UUID, inner_id: UUID) -> bool:
        """Whether the one cycle is the other, or one that the other lies within."""
        here: UUID | None = inner_id
        while here is not None and here != outer_id:
            here = self.cycles[here].parent_id
        return here is not None
