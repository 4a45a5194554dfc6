"""Mutation that rolls a cycle over: what goes on becomes drafts of a later cycle, in one change."""

from collections.abc import Generator, Iterable, Sequence
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.alignment import Alignment
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import CycleIsDraft, Forbidden
from okr_api.okr.metric import Metric
from okr_api.okr.objective import Objective
from okr_api.okr.people import Person
from okr_api.okr.policy import Action
from okr_api.okr.priority import Priority, PriorityState
from okr_api.okr.roll_over import CARRIED_STATES, CarriedObjective, check_later
from okr_api.store.entity_lookup import ids_in_cycles
from okr_api.store.roll_over_lookup import decisions_of, successors_of, uses_of_metrics
from okr_api.store.time_slicing import collect, complete
from okr_api.store.tree_loader import load_tree
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change, unchanged
from .mutation_runner import MutationResult
from .permissions import check_permitted, load_undecided, undecided
from .references import Ref, cycle_at, load_entities
from .roll_over_entries import entries_of
from .roll_over_items import RollOverItem, Wish, wishes_of
from .roll_over_plan import RollOverFacts, RollOverPlan


async def roll_over(
    work: Work,
    actor: Actor,
    *,
    from_cycle: Ref,
    to_cycle: Ref,
    items: Sequence[RollOverItem] = (),
    dry_run: bool = False,
) -> MutationResult:
    """Carry over what goes on by the decisions of its reviews, and by items, as drafts of a later cycle.

    What the actor does not see is left alone and not told; what they may not edit is told and not carried.
    What was carried before is not carried again. The result's entries say what became of each objective;
    a dry run has the same ones, without successors, and changes nothing.

    Raises:
        CycleIsDraft: the cycle has not begun.
        CycleIsNotLater: the other cycle does not begin and end later.
        CycleIsInReview: the other cycle takes no edits; CycleIsClosed as well.
        Forbidden: an item names an objective that the actor may not edit.
        Refused: the errors of `wishes_of`, and of `Measure.checked` for values of an item.
    """
    source, target = cycle_at(work, from_cycle), cycle_at(work, to_cycle)
    if source.state is CycleState.DRAFT:
        raise CycleIsDraft(f"{source.name} has not begun; nothing goes on from it", path=from_cycle.path)
    check_later(source, target, tuple(to_cycle.path))
    target.takes_edits(to_cycle.path)
    ids = await ids_in_cycles(work.connection, work.organization.id, [source.id])
    await load_tree(work.connection, work.tree, objectives=ids)
    wishes = await wishes_of(work, source, items)
    candidates = await _candidates(work, ids, wishes)
    facts = await _facts(work, actor, source, target, candidates, wishes)
    plan = await complete(RollOverPlan(work.tree, facts).making(candidates))
    entries = await complete(entries_of(work, plan, dry_run=dry_run))
    if dry_run or not any(each.successor for each in plan):
        return unchanged(work, target.id, entries=entries)
    await complete(_applying(work, plan))
    return await record_change(
        work, actor, ChangeKind.CYCLE_ROLLED_OVER, NodeType.CYCLE, target.id, entries=entries
    )


async def _candidates(work: Work, ids: Iterable[UUID], wishes: dict[UUID, Wish]) -> list[UUID]:
    """Return the objectives that can go on and that the actor sees, or that an item skips, by id."""
    objectives = work.tree.objectives
    seen = (
        id
        for id in sorted(ids, key=lambda id: id.int)
        if objectives[id].state in CARRIED_STATES or id in wishes
    )
    return await collect(id for id in seen if work.shows(id))


async def _facts(
    work: Work,
    actor: Actor,
    source: Cycle,
    target: Cycle,
    candidates: Sequence[UUID],
    wishes: dict[UUID, Wish],
) -> RollOverFacts:
    """Return what the plan follows from; the number of statements does not depend on the candidates."""
    connection, organization_id, tree = work.connection, work.organization.id, work.tree
    objectives = [tree.objectives[id] for id in candidates]
    key_results = await collect(each for id in candidates for each in tree.key_results_of(id))
    carried = await successors_of(connection, organization_id, candidates, target.id)
    await load_tree(connection, tree, objectives=carried.values())
    people = {person for each in objectives for person in _people(each)}
    people |= {id for each in key_results for id in (each.owner_id, each.check_in_owner_id) if id}
    await load_entities(work, Person, [Ref(id) for id in people])
    await load_entities(work, Priority, [Ref(id) for each in objectives for id in each.priority_ids])
    metrics = {each.metric_id for each in key_results if each.metric_id}
    await load_entities(work, Metric, [Ref(id) for id in metrics])
    uses = await uses_of_metrics(connection, organization_id, metrics) if metrics else {}
    return RollOverFacts(
        source=source,
        target=target,
        wishes=wishes,
        decisions=await decisions_of(connection, organization_id, candidates),
        carried=carried,
        unseen=set(await collect(before for before, id in carried.items() if not work.shows(id))),
        counterparts=await complete(_counterparts(work, carried, target)),
        forbidden=await _forbidden(work, actor, objectives, wishes),
        people={each.id for each in work.plain.of(Person).values() if each.active},
        priorities={each.id for each in work.plain.of(Priority).values() if _is_served(each)},
        metrics={
            each.id: uses.get(each.id, 0) for each in work.plain.of(Metric).values() if not each.removed
        },
        at=work.clock,
        today=work.clock.astimezone(tree.zone).date(),
    )


def _people(objective: Objective) -> tuple[UUID, ...]:
    """Return the people of an objective."""
    owner = () if objective.owner_id is None else (objective.owner_id,)
    return (*owner, *objective.contributor_ids, *objective.shared_with_ids)


def _is_served(priority: Priority) -> bool:
    return priority.state is not PriorityState.ARCHIVED and not priority.removed


def _counterparts(
    work: Work, carried: dict[UUID, UUID], target: Cycle
) -> Generator[None, None, dict[UUID, UUID]]:
    """Return the objectives and key results of the target that were carried into it before, by what from."""
    found: dict[UUID, UUID] = {}
    for before, id in carried.items():
        successor = work.tree.objectives[id]
        if successor.cycle_id == target.id and successor.state.value != "DROPPED" and work.shows(id):
            found[before] = id
            for each in work.tree.key_results_of(id):
                if each.carried_from_id is not None:
                    found[each.carried_from_id] = each.id
        yield
    return found


async def _forbidden(
    work: Work, actor: Actor, objectives: Sequence[Objective], wishes: dict[UUID, Wish]
) -> set[UUID]:
    """Return the objectives that the actor may not edit; raise `Forbidden` for one that an item names."""
    asked = {one for each in objectives for one in undecided(work, actor, Action.EDIT, each)}
    await load_undecided(work, asked)
    return await complete(_forbidding(work, actor, objectives, wishes))


def _forbidding(
    work: Work, actor: Actor, objectives: Sequence[Objective], wishes: dict[UUID, Wish]
) -> Generator[None, None, set[UUID]]:
    found: set[UUID] = set()
    for each in objectives:
        wish = wishes.get(each.id)
        try:
            check_permitted(work, actor, Action.EDIT, each, wish.named_at if wish else ())
        except Forbidden:
            if wish and not wish.skip:
                raise
            found.add(each.id)
        yield
    return found


def _applying(work: Work, plan: Sequence[CarriedObjective]) -> Generator[None, None, None]:
    """Put the successors of a plan and their alignments into the tree; yield after each objective."""
    tree = work.tree
    for each in plan:
        if each.successor is not None:
            tree.objectives[each.successor.id] = each.successor
            tree.whole.add(each.successor.id)
            tree.countable.add(each.successor.id)
            work.touch(objectives=[each.successor.id])
            for part in each.key_results:
                if part.successor is not None:
                    tree.put_key_result(part.successor)
                    tree.readings[part.successor.id] = []
                    work.touch(key_results=[part.successor.id])
        yield
    for each in plan:
        for edge in each.alignments:
            if each.successor is not None and edge.parent_id is not None:
                tree.put_alignment(_edge(work, each.successor.id, edge.parent_id, edge))
        yield


def _edge(work: Work, child_id: UUID, parent_id: UUID, like: Any) -> Alignment:
    """Return the alignment of a successor with its parent."""
    through = parent_id in work.tree.key_results
    return Alignment(
        child_id=child_id,
        parent_objective_id=None if through else parent_id,
        parent_key_result_id=parent_id if through else None,
        kind=like.kind,
        weight=like.weight,
    )
