"""Mutations of cycles: create, edit, activate, begin the review, close and reopen."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import CycleLoops, CycleOutsideParent, CycleTransition, InvalidInput
from okr_api.okr.frozen_rules import FrozenRules
from okr_api.okr.objective import ObjectiveState
from okr_api.scoring.frozen_rules import rules_at_closing
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import ids_in_cycles
from okr_api.store.time_slicing import Batches, complete
from okr_api.store.tree_loader import load_tree
from okr_api.store.unit_of_work import Work

from .alignments import check_enclosed
from .change_recorder import is_unchanged, record_change, unchanged
from .closing import check_closable
from .edits import new_values, resolve_values
from .mutation_runner import MutationResult
from .objectives import needed_reason
from .permissions import authorize_structure
from .recompute import touch_cycle
from .references import Ref, check_version, cycle_at, editable_cycle_at, long_text


async def plan_cycle(work: Work, actor: Actor, **values: Any) -> MutationResult:
    """Create a cycle as a draft; `values` are by the field's name in inputs."""
    parent = values.get("parent")
    authorize_structure(work, actor)
    id = new_id()
    cycle = Cycle(**await new_values(work, Cycle, id, values))
    enclosing = enclosing_cycle_of(work, cycle, parent.path if parent else ())
    cycle.checked()
    if enclosing:
        cycle.within(enclosing)
    work.tree.cycles[id] = cycle
    return await record_change(work, actor, ChangeKind.CYCLE_CREATED, NodeType.CYCLE, id)


async def edit_cycle(
    work: Work, actor: Actor, *, cycle: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a cycle's name, days, external id or enclosing cycle (`parent`, a reference or None).

    Raises:
        CycleOutsideParent: the days leave the enclosing cycle or do not cover a nested one.
        InvalidInput: a due day lies outside the new days.
        CycleLoops: the cycle would enclose itself.
        CycleDoesNotEnclose: an objective contributes to a cycle that would no longer enclose its own.
    """
    authorize_structure(work, actor)
    known = editable_cycle_at(work, cycle)
    check_version(known.version, expected_version)
    parent = edits.get("parent")
    edits = await resolve_values(work, Cycle, known.id, edits, known)
    edited = replace(known, **edits, version=known.version + 1)
    if is_unchanged(known, edited):
        return unchanged(work, known.id)
    if (
        parent
        and enclosing_cycle_of(work, edited, parent.path)
        and work.tree.encloses(known.id, edits["parent_id"])
    ):
        raise CycleLoops(f"{known.name} cannot lie within itself", path=parent.path)
    try:
        _fits(work, edited.checked())
        work.tree.cycles[known.id] = edited
        if edited.parent_id != known.parent_id:
            await _all_enclosed(work, edited)
        ids = await touch_cycle(work, known.id)
        await complete(_all_due_within(work, ids, edited))
    except (InvalidInput, CycleOutsideParent) as refusal:
        refusal.path = _path_given(refusal.path, edits, parent)
        raise
    return await record_change(
        work, actor, ChangeKind.CYCLE_UPDATED, NodeType.CYCLE, known.id, fields=tuple(sorted(edits))
    )


def _all_due_within(work: Work, objectives: list[UUID], edited: Cycle) -> Generator[None, None, None]:
    """Raise `InvalidInput` if a due day lies outside the cycle; yield after each objective."""
    for id in objectives:
        for key_result in work.tree.key_results_of(id):
            try:
                key_result.due_within(edited, days_from=(["startsOn"], ["endsOn"]))
            except InvalidInput as refusal:
                if work.shows(key_result.id):
                    raise
                message = "The due day of a key result that you cannot see lies outside these days"
                raise InvalidInput(message, path=refusal.path) from None
        yield


def _path_given(path: tuple[str, ...], edits: Mapping[str, Any], parent: Ref | None) -> tuple[str, ...]:
    """Return the path of an error; if it names a day that was not edited, that of an edited field instead."""
    days = {("startsOn",): "starts_on", ("endsOn",): "ends_on"}
    if path not in days or days[path] in edits:
        return path
    edited = [day for day, field in days.items() if field in edits]
    return edited[0] if edited else tuple(map(str, parent.path)) if parent else ()


def enclosing_cycle_of(work: Work, cycle: Cycle, path: Sequence[str | int] = ()) -> Cycle | None:
    """Return the enclosing cycle, None without one; raise `CycleIsClosed` if it is closed."""
    parent = work.tree.cycles[cycle.parent_id] if cycle.parent_id else None
    if parent and parent.state is CycleState.CLOSED:
        parent.takes_edits(path)
    return parent


async def _all_enclosed(work: Work, cycle: Cycle) -> None:
    """Raise `CycleDoesNotEnclose` if objectives of the cycle or a nested one contribute outside of it now."""
    within = [other.id for other in work.tree.cycles.values() if work.tree.encloses(cycle.id, other.id)]
    ids = await ids_in_cycles(work.connection, work.organization.id, within)
    await load_tree(work.connection, work.tree, objectives=ids)
    async for batch in Batches(ids):
        for alignment in (edge for id in batch for edge in work.tree.alignments_of(id)):
            check_enclosed(work, alignment)


def _fits(work: Work, edited: Cycle) -> None:
    if edited.parent_id:
        edited.within(work.tree.cycles[edited.parent_id])
    for nested in (other for other in work.tree.cycles.values() if other.parent_id == edited.id):
        nested.within(edited)


async def activate_cycle(
    work: Work, actor: Actor, *, cycle: Ref, expected_version: int | None = None
) -> MutationResult:
    """Activate a draft cycle, or one whose review began too soon, so that it takes check-ins."""
    known = _stepping(work, actor, cycle, CycleState.ACTIVE, expected_version)
    return await _become(work, actor, known, CycleState.ACTIVE, ChangeKind.CYCLE_ACTIVATED)


async def begin_review(
    work: Work, actor: Actor, *, cycle: Ref, expected_version: int | None = None
) -> MutationResult:
    """Begin the review: the plan is frozen, scores are shown, check-ins within the cycle are still taken."""
    known = _stepping(work, actor, cycle, CycleState.REVIEW, expected_version)
    if known.state is CycleState.CLOSED:
        raise CycleTransition(f"{known.name} is closed; reopening it needs a reason", path=cycle.path)
    return await _become(work, actor, known, CycleState.REVIEW, ChangeKind.CYCLE_REVIEW_BEGUN)


async def close_cycle(
    work: Work,
    actor: Actor,
    *,
    cycle: Ref,
    not_measured_reason: str | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Close the cycle and its published objectives with their scores; its rules are frozen.

    Raises:
        CycleTransition: a cycle within it is still open.
        NotAllGraded: a key result has no score and no reason is given why it was not measured.
        NotAllReviewed: the organisation requires reviews, and one is missing.
    """
    not_measured_reason = long_text((not_measured_reason or "").strip(), "notMeasuredReason")
    known = _stepping(work, actor, cycle, CycleState.CLOSED, expected_version)
    for other in work.tree.cycles.values():
        if other.parent_id == known.id and other.state is not CycleState.CLOSED:
            message = f"{other.name} lies within {known.name} and is still {other.state}"
            raise CycleTransition(message, path=cycle.path)
    ids = await touch_cycle(work, known.id)
    published = [id for id in ids if work.tree.objectives[id].state is ObjectiveState.PUBLISHED]
    await check_closable(work, cycle, published, is_excused=bool(not_measured_reason))
    await complete(_restate(work, published, ObjectiveState.CLOSED))
    rules = rules_at_closing(work.tree, ids, work.now)
    return await _become(
        work, actor, known, CycleState.CLOSED, ChangeKind.CYCLE_CLOSED, not_measured_reason, rules
    )


async def reopen_cycle(
    work: Work, actor: Actor, *, cycle: Ref, reason: str, expected_version: int | None = None
) -> MutationResult:
    """Return a closed cycle to its review.

    Raises:
        ReasonRequired: the reason is empty.
        CycleTransition: the enclosing cycle is closed.
    """
    reason = needed_reason(reason)
    known = _stepping(work, actor, cycle, CycleState.REVIEW, expected_version)
    if known.state is not CycleState.CLOSED:
        message = f"{known.name} is {known.state}; only a closed cycle is reopened"
        raise CycleTransition(message, path=cycle.path)
    if known.parent_id and work.tree.cycles[known.parent_id].state is CycleState.CLOSED:
        message = f"{work.tree.cycles[known.parent_id].name} encloses it and is closed"
        raise CycleTransition(message, path=cycle.path)
    ids = await touch_cycle(work, known.id)
    closed = [id for id in ids if work.tree.objectives[id].state is ObjectiveState.CLOSED]
    await complete(_restate(work, closed, ObjectiveState.PUBLISHED))
    return await _become(work, actor, known, CycleState.REVIEW, ChangeKind.CYCLE_REOPENED, reason=reason)


def _stepping(work: Work, actor: Actor, ref: Ref, state: CycleState, expected_version: int | None) -> Cycle:
    authorize_structure(work, actor)
    cycle = cycle_at(work, ref)
    check_version(cycle.version, expected_version)
    cycle.may_become(state, ref.path)
    return cycle


def _restate(work: Work, objectives: list[UUID], state: ObjectiveState) -> Generator[None, None, None]:
    """Set the state of the objectives; yield after each."""
    for id in objectives:
        objective = work.tree.objectives[id]
        work.tree.objectives[id] = replace(objective, state=state, version=objective.version + 1)
        yield


async def _become(
    work: Work,
    actor: Actor,
    cycle: Cycle,
    state: CycleState,
    kind: ChangeKind,
    reason: str | None = None,
    rules: FrozenRules | None = None,
) -> MutationResult:
    work.tree.cycles[cycle.id] = replace(cycle, state=state, version=cycle.version + 1, rules=rules)
    await touch_cycle(work, cycle.id)
    return await record_change(work, actor, kind, NodeType.CYCLE, cycle.id, fields=("state",), reason=reason)
