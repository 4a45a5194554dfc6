"""Mutations of key results: create, edit, move, pause, drop and restore."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import AlignmentLoops, StateDoesNotFit
from okr_api.okr.guard_rail import KeyResultRole, check_role
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.measure import Measure
from okr_api.okr.objective import ObjectiveState
from okr_api.store.database import new_id
from okr_api.store.tree_loader import load_all_readings
from okr_api.store.unit_of_work import Work

from .alignments import check_enclosed
from .change_recorder import is_unchanged, record_change, unchanged
from .dependencies import refuse_loop_of_move
from .edits import new_values, resolve_values
from .effective_cadences import refuse_below
from .formulas import with_formula
from .metrics import bound
from .mutation_runner import MutationResult
from .notices import notices_of_key_result
from .objectives import needed_reason
from .permissions import editable_key_result_at, editable_objective_at
from .references import Ref, check_version, long_text
from .target_revisions import with_revision


async def define_key_result(
    work: Work, actor: Actor, *, objective: Ref, measure: Measure, **values: Any
) -> MutationResult:
    """Create a key result of an objective; `Measure.checked` validates the measure.

    `values` are those of its other fields, by their names in inputs, and its `formula`; raises those of
    `resolve_values` and `with_formula`, too.

    Raises:
        InvalidInput: a due day lies outside the cycle.
        StateDoesNotFit: the objective is dropped.
    """
    parent = await editable_objective_at(work, actor, objective)
    cycle = work.tree.cycle_of(parent.id)
    cycle.takes_edits(objective.path)
    if parent.state is ObjectiveState.DROPPED:
        raise StateDoesNotFit(f"{parent.title!r} is dropped; restore it first", path=objective.path)
    id = new_id()
    measure = measure.checked()
    values["weight"] = check_role(
        values.get("role", KeyResultRole.DRIVER), measure, values.get("weight"), values.get("broken_budget")
    )
    given_formula = values.pop("formula", None)
    formula = {"formula": given_formula} if given_formula else {}
    key_result = KeyResult(
        objective_id=parent.id,
        measure=measure,
        created_at=work.clock,
        **await new_values(work, KeyResult, id, values),
    ).due_within(cycle)
    refuse_below(parent.effective_cadence, key_result.cadence)
    key_result = await with_formula(work, None, await bound(work, None, key_result), formula)
    work.tree.put_key_result(key_result)
    work.touch(key_results=[id], objectives=[parent.id])
    notices = notices_of_key_result(work.tree, key_result, objective.path)
    return await record_change(
        work, actor, ChangeKind.KEY_RESULT_CREATED, NodeType.KEY_RESULT, id, notices=notices
    )


async def edit_key_result(
    work: Work,
    actor: Actor,
    *,
    key_result: Ref,
    edits: Mapping[str, Any],
    measure: Mapping[str, Any],
    reason: str | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Edit a key result's fields and its measure.

    Once the cycle has begun, an edit of the measure is a revision of the target, and one that eases it needs
    a reason; see `with_revision`. `edits` is keyed by the field's name in inputs (`owner` is a reference or
    None), `measure` by field. A new measure `kind` resets all fields of the measure but the unit. `formula`
    among the edits is a `FormulaRequest`, or None to remove it. Raises the errors of `resolve_values` and
    `with_formula`, too.

    After the first reading, a new measure kind, start or unit increments `definition`: earlier readings stay
    under the old one. A new target does not: progress is recomputed. A new `metric` binds it from today on.
    """
    known = await _editable(work, actor, key_result, expected_version)
    measured = _measured(known.measure, measure)
    formula = {"formula": edits["formula"]} if "formula" in edits else {}
    edits = {name: value for name, value in edits.items() if name != "formula"}
    edits = await resolve_values(work, KeyResult, known.id, _in_role(known, measured, edits), known)
    edited = replace(known.remeasured(measured), **edits, version=known.version + 1)
    reason = long_text(reason, "reason")
    edited = await with_formula(work, known, await bound(work, known, edited), formula)
    if is_unchanged(known, edited):
        return unchanged(work, known.id)
    edited.due_within(work.tree.cycle_of(known.objective_id))
    refuse_below(work.tree.objectives[known.objective_id].effective_cadence, edited.cadence, known.cadence)
    edited = with_revision(work, actor, known, edited, reason)
    if not known.measured_alike(edited.measure) and await _has_been_read(work, known):
        edited = replace(edited, definition=known.definition + 1)
    work.tree.put_key_result(edited)
    work.touch(key_results=[known.id], objectives=[known.objective_id])
    return await record_change(
        work,
        actor,
        ChangeKind.KEY_RESULT_UPDATED,
        NodeType.KEY_RESULT,
        known.id,
        fields=tuple(sorted({*edits, *measure, *formula})),
        reason=reason,
        notices=() if known.counts else notices_of_key_result(work.tree, edited, ("weight",)),
    )


def _in_role(known: KeyResult, measured: Measure, edits: Mapping[str, Any]) -> dict[str, Any]:
    """Return the edits with the weight and the budget that the role after them allows.

    A guard-rail that becomes a driver has a weight of 1 and no budget unless they say otherwise.
    """
    role = edits.get("role", known.role)
    budget = known.broken_budget if role is KeyResultRole.GUARD_RAIL else None
    budget = edits.get("broken_budget", budget)
    weight = check_role(role, measured, edits.get("weight"), budget)
    if role is known.role is KeyResultRole.DRIVER:
        return dict(edits)
    return {**edits, "weight": weight, "broken_budget": budget}


async def _has_been_read(work: Work, known: KeyResult) -> bool:
    """Return whether there is a measurement under the current definition, even after the cycle's end."""
    await load_all_readings(work.connection, work.tree, [known.id])
    readings = work.tree.readings.pop(known.id)  # loaded again later: the edit may change which are needed
    return any(reading.measures and reading.definition == known.definition for reading in readings)


def _measured(known: Measure, edits: Mapping[str, Any]) -> Measure:
    """Return the edited measure; an imported one that is sent back unchanged need not be valid."""
    if edits.get("kind", known.kind) is not known.kind:
        return Measure(**{"unit": known.unit, **edits}).checked()
    edited = replace(known, **edits)
    return known if edited == known else edited.checked()


async def move_key_result(
    work: Work, actor: Actor, *, key_result: Ref, objective: Ref, expected_version: int | None = None
) -> MutationResult:
    """Move a key result, with the objectives that serve it, to another objective.

    Raises:
        AlignmentLoops: the other objective serves the key result.
        DependencyLoops: the other objective would need itself.
    """
    known = await _editable(work, actor, key_result, expected_version)
    parent = await editable_objective_at(work, actor, objective)
    tree = work.tree
    tree.cycle_of(parent.id).takes_edits(objective.path)
    if parent.id == known.objective_id:
        return unchanged(work, known.id)
    serving = [edge for edge in tree.served_by(known.objective_id) if edge.parent_id == known.id]
    above = tree.ancestors_of([parent.id]) | {parent.id}
    if any(edge.child_id in above for edge in serving):
        raise AlignmentLoops(f"{parent.title!r} already serves {known.title!r}", path=objective.path)
    moved = replace(known, objective_id=parent.id, version=known.version + 1)
    await refuse_loop_of_move(work, moved, objective.path)
    tree.put_key_result(
        moved.due_within(tree.cycle_of(parent.id), days_from=(objective.path, objective.path))
    )
    for edge in serving:
        check_enclosed(work, edge)
    work.touch(key_results=[known.id], objectives=[known.objective_id, parent.id])
    return await record_change(
        work,
        actor,
        ChangeKind.KEY_RESULT_MOVED,
        NodeType.KEY_RESULT,
        known.id,
        fields=("objective_id",),
        notices=notices_of_key_result(tree, moved, objective.path),
    )


async def pause_key_result(
    work: Work, actor: Actor, *, key_result: Ref, reason: str, expected_version: int | None = None
) -> MutationResult:
    """Pause a key result: it counts in no mean until it is restored."""
    known = await _editable(work, actor, key_result, expected_version)
    reason = needed_reason(reason)
    state, kind = KeyResultState.PAUSED, ChangeKind.KEY_RESULT_PAUSED
    return await _restate(work, actor, key_result, known, state, kind, reason)


async def drop_key_result(
    work: Work, actor: Actor, *, key_result: Ref, reason: str, expected_version: int | None = None
) -> MutationResult:
    """Drop a key result: it counts in no mean and keeps its history."""
    known = await _editable(work, actor, key_result, expected_version)
    reason = needed_reason(reason)
    state, kind = KeyResultState.DROPPED, ChangeKind.KEY_RESULT_DROPPED
    return await _restate(work, actor, key_result, known, state, kind, reason)


async def restore_key_result(
    work: Work, actor: Actor, *, key_result: Ref, expected_version: int | None = None
) -> MutationResult:
    """Restore a paused or dropped key result; it counts as before."""
    known = await _editable(work, actor, key_result, expected_version)
    state, kind = KeyResultState.ACTIVE, ChangeKind.KEY_RESULT_RESTORED
    return await _restate(work, actor, key_result, known, state, kind, None)


async def _editable(work: Work, actor: Actor, ref: Ref, expected_version: int | None) -> KeyResult:
    known = await editable_key_result_at(work, actor, ref)
    work.tree.cycle_of(known.objective_id).takes_edits(ref.path)
    check_version(known.version, expected_version)
    return known


async def _restate(
    work: Work,
    actor: Actor,
    ref: Ref,
    known: KeyResult,
    state: KeyResultState,
    kind: ChangeKind,
    reason: str | None,
) -> MutationResult:
    if known.state is state or (state is KeyResultState.PAUSED and known.state is KeyResultState.DROPPED):
        raise StateDoesNotFit(f"{known.title!r} is {known.state}; it cannot become {state}", path=ref.path)
    restated = replace(known, state=state, version=known.version + 1)
    work.tree.put_key_result(restated)
    work.touch(key_results=[known.id], objectives=[known.objective_id])
    return await record_change(
        work,
        actor,
        kind,
        NodeType.KEY_RESULT,
        known.id,
        fields=("state",),
        reason=reason,
        notices=notices_of_key_result(work.tree, restated),
    )
