"""Mutations of roadblocks: raised by those who may check in, resolved by their owner and others."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.errors import RoadblockIsOpen, RoadblockIsResolved
from okr_api.okr.objective import Objective
from okr_api.okr.policy import Action
from okr_api.okr.relations import RecordPeople
from okr_api.okr.roadblock import Roadblock, RoadblockState
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .measured_references import holder_of, measured_at, takes_records
from .mutation_runner import MutationResult
from .next_check_ins import next_check_in_day
from .permissions import authorize
from .plain_entities import create, edit, remove
from .record_permissions import authorize_check_in, authorize_record
from .references import Ref, check_version, entity_at, long_text, person_at


async def add_roadblock(work: Work, actor: Actor, *, on: Ref, **values: Any) -> MutationResult:
    """Add a roadblock of an objective or a key result; without an owner, it is the actor's.

    Without a due day it is due at the next check-in, if there is one.

    Raises:
        CycleIsClosed: the cycle of the objective is closed.
        StateDoesNotFit: the objective is dropped.
        PersonIsRemoved: the owner has left.
        InvalidInput: a text is empty or too long, or the due day is out of reach.
    """
    roadblock = await new_roadblock(work, actor, on, values)
    if roadblock.due_on is None:
        roadblock = replace(roadblock, due_on=await next_check_in_day(work, roadblock.node_id))
    return await create(work, actor, ChangeKind.ROADBLOCK_CREATED, roadblock)


async def new_roadblock(work: Work, actor: Actor, on: Ref, values: Mapping[str, Any]) -> Roadblock:
    """Return a new roadblock, which is not saved; raises the errors of `add_roadblock`."""
    objective, ids = await measured_at(work, on)
    key_result = work.tree.key_results[ids["key_result_id"]] if ids["key_result_id"] else None
    await authorize_check_in(work, actor, objective, key_result, on.path)
    takes_records(work, objective, on)
    person = actor.author.person_id
    if values.get("owner") is None and person is not None:
        values = {**values, "owner": Ref(person, path=("owner",))}
    return Roadblock(**await new_values(work, Roadblock, new_id(), values), **ids).checked()


async def edit_roadblock(
    work: Work,
    actor: Actor,
    *,
    roadblock: Ref,
    edits: Mapping[str, Any],
    expected_version: int | None = None,
) -> MutationResult:
    """Edit a roadblock; `edits` is keyed by the field's name in inputs.

    Raises:
        PersonIsRemoved: the new owner has left.
        InvalidInput: a text is empty or too long, or the due day is out of reach.
    """
    known = await _editable(work, actor, roadblock, expected_version)
    edits = await resolve_values(work, Roadblock, known.id, edits, known)
    replace(known, **edits).checked()
    return await edit(work, actor, ChangeKind.ROADBLOCK_UPDATED, known, edits)


async def resolve_roadblock(
    work: Work,
    actor: Actor,
    *,
    roadblock: Ref,
    resolution: str | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Resolve an open roadblock.

    Raises:
        RoadblockIsResolved: it is resolved already.
        InvalidInput: the resolution is too long.
    """
    known = await _editable(work, actor, roadblock, expected_version)
    _require_open(known, roadblock)
    edits = {
        "state": RoadblockState.RESOLVED,
        "resolution": long_text(resolution, "resolution"),
        "resolved_at": work.now,
    }
    return await edit(work, actor, ChangeKind.ROADBLOCK_RESOLVED, known, edits)


async def reopen_roadblock(
    work: Work,
    actor: Actor,
    *,
    roadblock: Ref,
    reason: str | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Open a resolved roadblock again; its former resolution stays in its earlier version.

    Raises:
        RoadblockIsOpen: it is open already.
        InvalidInput: the reason is too long.
    """
    said = long_text(reason, "reason")
    known = await _editable(work, actor, roadblock, expected_version)
    if not known.is_resolved:
        raise RoadblockIsOpen(f"{known.title!r} is open already", path=roadblock.path)
    edits = {"state": RoadblockState.OPEN, "resolution": None, "resolved_at": None}
    return await edit(work, actor, ChangeKind.ROADBLOCK_REOPENED, known, edits, reason=said)


async def escalate_roadblock(
    work: Work,
    actor: Actor,
    *,
    roadblock: Ref,
    to: Ref | None,
    reason: str | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Escalate an open roadblock to a person, who may edit it from then on; to None, take that back.

    Raises:
        RoadblockIsResolved: it is resolved.
        PersonIsRemoved: the person has left.
        InvalidInput: the reason is too long.
    """
    known = await _editable(work, actor, roadblock, expected_version)
    person: UUID | None = None
    if to is not None:
        person = (await person_at(work, to, taking_work=True, already=[known.escalated_to_id])).id
    _require_open(known, roadblock)
    said = long_text(reason, "reason")
    edits = {"escalated_to_id": person, "escalation_reason": None if person is None else said}
    return await edit(work, actor, ChangeKind.ROADBLOCK_ESCALATED, known, edits, reason=said)


async def delete_roadblock(
    work: Work, actor: Actor, *, roadblock: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a roadblock softly, by those who may edit the objective."""
    known, objective = await _known(work, roadblock)
    await authorize(work, actor, Action.EDIT, objective, roadblock.path)
    return await remove(work, actor, ChangeKind.ROADBLOCK_DELETED, known, expected_version)


async def _known(work: Work, ref: Ref) -> tuple[Roadblock, Objective]:
    """Return a roadblock with its objective; raise `NotFound` if the actor does not see that."""
    known = await entity_at(work, Roadblock, ref)
    unseen = ref.not_found("roadblock")
    return known, await holder_of(work, known.objective_id, known.key_result_id, unseen)


async def _editable(work: Work, actor: Actor, ref: Ref, expected_version: int | None) -> Roadblock:
    """Return a roadblock that the actor may edit, in the expected version."""
    known, objective = await _known(work, ref)
    people = RecordPeople(owner_id=known.owner_id, escalated_to_id=known.escalated_to_id)
    await authorize_record(work, actor, people, objective, ref.path, "roadblock")
    check_version(known.version, expected_version)
    return known


def _require_open(known: Roadblock, ref: Ref) -> None:
    if known.is_resolved:
        raise RoadblockIsResolved(f"{known.title!r} is resolved already; reopen it first", path=ref.path)
