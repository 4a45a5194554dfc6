"""Plan of a roll-over: what goes on and what does not, with the reason; the same for a dry run."""

from collections.abc import Generator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from okr_api.okr.alignment import Alignment, AlignmentKind
from okr_api.okr.cycle import Cycle
from okr_api.okr.errors import Refused
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.metric import MAX_KEY_RESULTS_OF_A_METRIC, WITHOUT_A_NUMBER
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.okr.review_record import ReviewDecision
from okr_api.okr.roll_over import (
    AlignmentRollOver,
    CarriedAlignment,
    CarriedKeyResult,
    CarriedObjective,
    KeyResultRollOver,
    LeftOut,
    RollOverOutcome,
    has_reached_target,
    outcome_by_decision,
    successor_of,
    successor_of_key_result,
)
from okr_api.okr.tree import Tree
from okr_api.store.database import new_id

from .roll_over_items import Wish

NO_WISH = Wish((), skip=False)


@dataclass(frozen=True, slots=True)
class RollOverFacts:
    """What a plan follows from, beside the tree with the objectives of the cycle `source`.

    `people` take work, `priorities` can be served, `metrics` can be bound, with how many key results are
    already. `counterparts` are successors, of objectives and key results, that were carried into `target`
    before. `carried` are successors of what was carried over, also into other cycles; of these objectives the
    actor does not see the successors of `unseen`.
    """

    source: Cycle
    target: Cycle
    wishes: Mapping[UUID, Wish]
    decisions: Mapping[UUID, ReviewDecision]
    carried: Mapping[UUID, UUID]
    unseen: Set[UUID]
    counterparts: Mapping[UUID, UUID]
    forbidden: Set[UUID]
    people: Set[UUID]
    priorities: Set[UUID]
    metrics: Mapping[UUID, int]
    at: datetime
    today: date


class RollOverPlan:
    """Plan of a roll-over, made step by step: outcomes, then successors, then what refers to these."""

    def __init__(self, tree: Tree, facts: RollOverFacts) -> None:
        self._tree = tree
        self._facts = facts
        self._successors = dict(facts.counterparts)
        self._bound = dict(facts.metrics)
        self._counts_on = _share_a_cycle(tree, facts.source, facts.target)

    def making(self, objectives: list[UUID]) -> Generator[None, None, list[CarriedObjective]]:
        """Return the outcome of each of the objectives, in their order; yield after each step.

        Raises:
            Refused: a measure does not take the values that an item gives.
        """
        made: list[CarriedObjective] = []
        for id in objectives:
            made.append(self._objective(self._tree.objectives[id]))
            yield
        for place, each in enumerate(made):
            if each.successor is not None:
                alignments = tuple(map(self._alignment, self._tree.alignments_of(each.known.id)))
                key_results = tuple(map(self._with_formula, each.key_results))
                made[place] = replace(each, alignments=alignments, key_results=key_results)
            yield
        return made

    def _objective(self, known: Objective) -> CarriedObjective:
        facts = self._facts
        wish, decision = facts.wishes.get(known.id), facts.decisions.get(known.id)
        if wish is not None:
            outcome = RollOverOutcome.SKIPPED if wish.skip else RollOverOutcome.CARRIED
        else:
            outcome = outcome_by_decision(decision)
        if outcome is RollOverOutcome.CARRIED and known.id in facts.forbidden:
            outcome = RollOverOutcome.NOT_PERMITTED
        before = facts.carried.get(known.id)
        # A successor that the actor does not see is only mentioned where it prevents a second one.
        if before and (outcome is RollOverOutcome.CARRIED or known.id not in facts.unseen):
            return CarriedObjective(known, RollOverOutcome.ALREADY_CARRIED, decision, successor_id=before)
        if outcome is not RollOverOutcome.CARRIED:
            return CarriedObjective(known, outcome, decision)
        successor, left_out = self._without_former(successor_of(known, new_id(), facts.target.id))
        self._successors[known.id] = successor.id
        wishes = wish.key_results if wish else {}
        key_results = tuple(
            self._key_result(each, successor.id, wishes.get(each.id, NO_WISH))
            for each in self._tree.key_results_of(known.id)
            if each.state is not KeyResultState.DROPPED
        )
        return CarriedObjective(known, outcome, decision, successor, successor.id, left_out, key_results)

    def _without_former(self, successor: Objective) -> tuple[Objective, tuple[LeftOut, ...]]:
        """Return a successor without people who have left and priorities that are archived."""
        facts, left_out = self._facts, []
        kept: dict[str, Any] = {}
        if successor.owner_id is not None and successor.owner_id not in facts.people:
            kept["owner_id"] = None
            left_out.append(LeftOut.OWNER)
        for name, known, part in (
            ("contributor_ids", facts.people, LeftOut.CONTRIBUTORS),
            ("shared_with_ids", facts.people, LeftOut.SHARED_WITH),
            ("priority_ids", facts.priorities, LeftOut.PRIORITIES),
        ):
            ids = getattr(successor, name)
            if not set(ids) <= known:
                kept[name] = tuple(id for id in ids if id in known)
                left_out.append(part)
        return (replace(successor, **kept) if kept else successor), tuple(left_out)

    def _key_result(self, known: KeyResult, objective_id: UUID, wish: Wish) -> CarriedKeyResult:
        standing = self._tree.key_result_standings[known.id]
        if wish.skip:
            return CarriedKeyResult(known, KeyResultRollOver.SKIPPED)
        if "targetValue" not in wish.values and has_reached_target(known, standing):
            return CarriedKeyResult(known, KeyResultRollOver.TARGET_REACHED)
        try:
            successor = successor_of_key_result(
                known,
                standing,
                new_id(),
                objective_id,
                at=self._facts.at,
                values={NAMES[name]: value for name, value in wish.values.items()},
                goes_on_counting=self._counts_on,
            )
        except Refused as refusal:
            if wish.values:
                raise _at_what_is_given(refusal, wish).under(*wish.path) from None
            return CarriedKeyResult(known, KeyResultRollOver.NOT_MEASURABLE)
        self._successors[known.id] = successor.id
        successor, left_out = self._with_people_and_metric(known, successor)
        return CarriedKeyResult(known, KeyResultRollOver.CARRIED, successor, left_out)

    def _with_people_and_metric(
        self, known: KeyResult, successor: KeyResult
    ) -> tuple[KeyResult, tuple[LeftOut, ...]]:
        """Return a successor without people who have left, bound to the metric if that can be."""
        people, left_out = self._facts.people, []
        for name, part in (("owner_id", LeftOut.OWNER), ("check_in_owner_id", LeftOut.CHECK_IN_OWNER)):
            person = getattr(successor, name)
            if person is not None and person not in people:
                gone: dict[str, Any] = {name: None}
                successor = replace(successor, **gone)
                left_out.append(part)
        if known.metric_id is not None:
            bound = self._bound.get(known.metric_id)
            if bound is None or bound >= MAX_KEY_RESULTS_OF_A_METRIC:
                left_out.append(LeftOut.METRIC)
            else:
                self._bound[known.metric_id] = bound + 1
                today = self._facts.today
                successor = replace(successor, metric_id=known.metric_id, metric_from=today)
        return successor, tuple(left_out)

    def _with_formula(self, carried: CarriedKeyResult) -> CarriedKeyResult:
        """Return a key result with its formula over the successors of its parts, if all go on and fit."""
        known, successor = carried.known, carried.successor
        if successor is None or not known.has_formula:
            return carried
        parts = (self._successors.get(id) for id in known.formula_part_ids)
        ids = tuple(id for id in parts if id is not None and self._fits(id, successor))
        if len(ids) < len(known.formula_part_ids):
            return replace(carried, left_out=(*carried.left_out, LeftOut.FORMULA))
        successor = replace(successor, formula_function=known.formula_function, formula_part_ids=ids)
        return replace(carried, successor=successor)

    def _fits(self, part_id: UUID, successor: KeyResult) -> bool:
        """Return whether a formula can count a successor; one of before may have been edited since."""
        part = self._tree.key_results.get(part_id)
        if part is None:
            return True
        has_number = part.measure.kind not in WITHOUT_A_NUMBER
        return has_number and part.measure.unit == successor.measure.unit

    def _alignment(self, edge: Alignment) -> CarriedAlignment:
        outcome, parent_id = self._parent(edge)
        return CarriedAlignment(edge.parent_id, edge.kind, edge.weight, outcome, parent_id)

    def _parent(self, edge: Alignment) -> tuple[AlignmentRollOver, UUID | None]:
        """Return the outcome of an edge, and its parent in the later cycle if it has one."""
        tree, facts = self._tree, self._facts
        if edge.parent_id in self._successors:
            return AlignmentRollOver.REMAPPED, self._successors[edge.parent_id]
        parent = tree.objectives[tree.owner_of(edge.parent_id)]
        cycle = tree.cycles[parent.cycle_id]
        if cycle.id == facts.source.id:
            return AlignmentRollOver.PARENT_NOT_CARRIED, None
        if parent.state is ObjectiveState.DROPPED:
            return AlignmentRollOver.PARENT_DROPPED, None
        if edge.kind is AlignmentKind.CONTRIBUTES and not tree.encloses(cycle.id, facts.target.id):
            return AlignmentRollOver.CYCLE_DOES_NOT_ENCLOSE, None
        if not cycle.is_edited:
            return AlignmentRollOver.CYCLE_TAKES_NO_EDITS, None
        return AlignmentRollOver.KEPT, edge.parent_id


NAMES = {"startValue": "start_value", "targetValue": "target_value"}


def _share_a_cycle(tree: Tree, one: Cycle, other: Cycle) -> bool:
    """Return whether a cycle encloses both."""
    here = one.parent_id
    while here is not None:
        if tree.encloses(here, other.id):
            return True
        here = tree.cycles[here].parent_id
    return False


def _at_what_is_given(refusal: Refused, wish: Wish) -> Refused:
    """Let the path of an error lead to a value that the item gives, not to one that it leaves out."""
    if not wish.values.keys() & set(refusal.path):
        refusal.path = (next(iter(wish.values)),)
    return refusal
