"""Mutations of initiatives, for those who may edit the objective; the owner of one may update it as well."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.initiative import Initiative
from okr_api.okr.objective import Objective
from okr_api.okr.policy import Action
from okr_api.okr.relations import RecordPeople
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .measured_references import holder_of, measured_at, takes_work
from .mutation_runner import MutationResult
from .permissions import authorize
from .plain_entities import create, edit, remove
from .record_permissions import authorize_record
from .references import Ref, check_version, entity_at


async def add_initiative(work: Work, actor: Actor, *, measured: Ref, **values: Any) -> MutationResult:
    """Add an initiative of an objective or a key result; `values` are by the field's name in inputs.

    Raises:
        StateDoesNotFit: the objective is dropped.
        PersonIsRemoved: the owner has left.
        InvalidInput: the link is no URL of a page, or a day is out of reach.
    """
    initiative = await new_initiative(work, actor, measured, values)
    return await create(work, actor, ChangeKind.INITIATIVE_CREATED, initiative)


async def new_initiative(work: Work, actor: Actor, measured: Ref, values: Mapping[str, Any]) -> Initiative:
    """Return a new initiative, which is not saved; raises the errors of `add_initiative`."""
    objective, ids = await measured_at(work, measured)
    await authorize(work, actor, Action.EDIT, objective, measured.path)
    takes_work(work, objective, measured)
    return Initiative(**await new_values(work, Initiative, new_id(), values), **ids).checked()


async def edit_initiative(
    work: Work,
    actor: Actor,
    *,
    initiative: Ref,
    edits: Mapping[str, Any],
    expected_version: int | None = None,
) -> MutationResult:
    """Edit an initiative; `edits` is keyed by the field's name in inputs.

    Raises:
        PersonIsRemoved: the new owner has left.
        InvalidInput: the link is no URL of a page, or a day is out of reach.
    """
    known, objective = await _known(work, initiative)
    people = RecordPeople(owner_id=known.owner_id)
    await authorize_record(work, actor, people, objective, initiative.path, "initiative")
    work.tree.cycle_of(objective.id).takes_edits(initiative.path)
    check_version(known.version, expected_version)
    edits = await resolve_values(work, Initiative, known.id, edits, known)
    replace(known, **edits).checked()
    return await edit(work, actor, ChangeKind.INITIATIVE_UPDATED, known, edits)


async def delete_initiative(
    work: Work, actor: Actor, *, initiative: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete an initiative softly."""
    known, objective = await _known(work, initiative)
    await authorize(work, actor, Action.EDIT, objective, initiative.path)
    work.tree.cycle_of(objective.id).takes_edits(initiative.path)
    return await remove(work, actor, ChangeKind.INITIATIVE_DELETED, known, expected_version)


async def _known(work: Work, ref: Ref) -> tuple[Initiative, Objective]:
    """Return an initiative with its objective; raise `NotFound` if the actor does not see that."""
    known = await entity_at(work, Initiative, ref)
    unseen = ref.not_found("initiative")
    return known, await holder_of(work, known.objective_id, known.key_result_id, unseen)
