"""Mutations of objectives: create, edit, publish, pause, drop and restore."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import ReasonRequired, StateDoesNotFit
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .alignments import put_alignment
from .change_recorder import is_unchanged, record_change, unchanged
from .cycle_moves import move_to_cycle
from .edits import new_values, resolve_values
from .effective_cadences import check_override
from .mutation_runner import MutationResult
from .notices import notices_of_alignments
from .objective_visibility import authorize_visibility, check_still_seen
from .permissions import authorize_creation, authorize_team, editable_objective_at
from .references import (
    Ref,
    check_version,
    editable_cycle_at,
    long_text,
)


async def draft_objective(
    work: Work,
    actor: Actor,
    *,
    cycle: Ref,
    draft: bool = False,
    parent: Ref | None = None,
    alignment_kind: AlignmentKind = AlignmentKind.CONTRIBUTES,
    weight: float = 1.0,
    **values: Any,
) -> MutationResult:
    """Create an objective, published unless `draft` is set, and align it with the parent, if any.

    `values` are those of its other fields, by their names in inputs; raises the errors of `resolve_values`.
    """
    within = editable_cycle_at(work, cycle)
    id = new_id()
    objective = Objective(
        cycle_id=within.id,
        state=ObjectiveState.DRAFT if draft else ObjectiveState.PUBLISHED,
        **await new_values(work, Objective, id, values),
    )
    team = values.get("team")
    await authorize_creation(work, actor, objective, team.path if team else ())
    await check_still_seen(work, actor, objective)
    await check_override(work, objective.cadence, objective.team_id)
    work.tree.objectives[id] = objective
    work.tree.whole.add(id)
    notices = await put_alignment(work, objective, parent, alignment_kind, weight)
    work.touch(objectives=[id])
    kind_of_change = ChangeKind.OBJECTIVE_CREATED
    return await record_change(work, actor, kind_of_change, NodeType.OBJECTIVE, id, notices=notices)


async def edit_objective(
    work: Work, actor: Actor, *, objective: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit an objective.

    `edits` is keyed by the field's name in inputs: `owner` is a reference or None, `contributors` a list of
    references. Raises the errors of `resolve_values`.
    """
    known = await editable_objective_at(work, actor, objective)
    work.tree.cycle_of(known.id).takes_edits(objective.path)
    check_version(known.version, expected_version)
    values = await resolve_values(work, Objective, known.id, edits, known)
    edited = replace(known, **values, version=known.version + 1)
    if is_unchanged(known, edited):
        return unchanged(work, known.id)
    if edited.team_id is not None and edited.team_id != known.team_id:
        await authorize_team(work, actor, edited.team_id, edits["team"].path)
    await authorize_visibility(work, actor, known, edited)
    if edited.cadence != known.cadence:
        await check_override(work, edited.cadence, edited.team_id)
    work.tree.objectives[known.id] = edited
    moves = edited.cycle_id != known.cycle_id
    notices = await move_to_cycle(work, edited, edits["cycle"]) if moves else ()
    _touch_whole(work, known.id)
    return await record_change(
        work,
        actor,
        ChangeKind.OBJECTIVE_UPDATED,
        NodeType.OBJECTIVE,
        known.id,
        fields=tuple(sorted(edits)),
        notices=notices,
    )


def _touch_whole(work: Work, objective_id: UUID) -> None:
    """Mark an objective, its key results and its parents for recomputation."""
    work.touch(
        objectives=[objective_id, *work.tree.parents_of(objective_id)],
        key_results=[key_result.id for key_result in work.tree.key_results_of(objective_id)],
    )


async def publish_objective(
    work: Work, actor: Actor, *, objective: Ref, expected_version: int | None = None
) -> MutationResult:
    """Publish a draft; like an objective that is created as published, it may be empty."""
    known = await editable_objective_at(work, actor, objective)
    allowed = (ObjectiveState.DRAFT,)
    return await _restate(
        work,
        actor,
        objective,
        known,
        allowed,
        ObjectiveState.PUBLISHED,
        ChangeKind.OBJECTIVE_PUBLISHED,
        expected_version,
    )


async def pause_objective(
    work: Work, actor: Actor, *, objective: Ref, reason: str, expected_version: int | None = None
) -> MutationResult:
    """Pause an objective: it counts nowhere until it is restored."""
    known = await editable_objective_at(work, actor, objective)
    allowed = (ObjectiveState.PUBLISHED,)
    return await _restate(
        work,
        actor,
        objective,
        known,
        allowed,
        ObjectiveState.PAUSED,
        ChangeKind.OBJECTIVE_PAUSED,
        expected_version,
        needed_reason(reason),
    )


async def drop_objective(
    work: Work, actor: Actor, *, objective: Ref, reason: str, expected_version: int | None = None
) -> MutationResult:
    """Drop an objective: it counts nowhere and keeps its history; a dropped draft stays hidden."""
    known = await editable_objective_at(work, actor, objective)
    allowed = (ObjectiveState.DRAFT, ObjectiveState.PUBLISHED, ObjectiveState.PAUSED)
    return await _restate(
        work,
        actor,
        objective,
        known,
        allowed,
        ObjectiveState.DROPPED,
        ChangeKind.OBJECTIVE_DROPPED,
        expected_version,
        needed_reason(reason),
    )


async def restore_objective(
    work: Work, actor: Actor, *, objective: Ref, expected_version: int | None = None
) -> MutationResult:
    """Restore a paused or dropped objective; one that was never published is a draft again."""
    known = await editable_objective_at(work, actor, objective)
    allowed = (ObjectiveState.PAUSED, ObjectiveState.DROPPED)
    state = ObjectiveState.DRAFT if known.is_dropped_draft else ObjectiveState.PUBLISHED
    kind = ChangeKind.OBJECTIVE_RESTORED
    return await _restate(work, actor, objective, known, allowed, state, kind, expected_version)


def needed_reason(reason: str) -> str:
    """Return the trimmed reason; raise `ReasonRequired` if it is empty."""
    if not reason.strip():
        raise ReasonRequired("Give a reason, for people who read the review later", path=["reason"])
    return long_text(reason.strip(), "reason") or ""


async def _restate(
    work: Work,
    actor: Actor,
    ref: Ref,
    known: Objective,
    allowed: tuple[ObjectiveState, ...],
    state: ObjectiveState,
    kind: ChangeKind,
    expected_version: int | None,
    reason: str | None = None,
) -> MutationResult:
    work.tree.cycle_of(known.id).takes_edits(ref.path)
    check_version(known.version, expected_version)
    if known.state not in allowed:
        raise StateDoesNotFit(f"{known.title!r} is {known.state}; it cannot become {state}", path=ref.path)
    work.tree.objectives[known.id] = known.restated(state)
    _touch_whole(work, known.id)
    edges = work.tree.alignments_of(known.id) if state is ObjectiveState.PUBLISHED else ()
    return await record_change(
        work,
        actor,
        kind,
        NodeType.OBJECTIVE,
        known.id,
        fields=("state",),
        reason=reason,
        notices=notices_of_alignments(work.tree, (edge for edge in edges if work.shows(edge.parent_id))),
    )
