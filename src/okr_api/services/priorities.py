"""Mutations of strategic priorities: create, edit, archive, restore and delete."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.errors import PriorityIsServed, StateDoesNotFit
from okr_api.okr.numbers import MAX_VALUE
from okr_api.okr.priority import Priority, PriorityState
from okr_api.store.database import new_id
from okr_api.store.priority_lookup import is_served, last_rank
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .mutation_runner import MutationResult
from .permissions import authorize_structure
from .plain_entities import create, edit, remove
from .references import Ref, check_version, entity_at


async def add_priority(work: Work, actor: Actor, **values: Any) -> MutationResult:
    """Create an active priority, without a rank as the last one; `values` are by the field's name in inputs.

    Raises:
        PersonIsRemoved: the owner has left.
        InvalidInput: the last day is before the first.
    """
    authorize_structure(work, actor)
    if values.get("rank") is None:
        last = await last_rank(work.connection, work.organization.id)
        values["rank"] = 1.0 if last is None else min(last + 1, MAX_VALUE)
    priority = Priority(**await new_values(work, Priority, new_id(), values))
    return await create(work, actor, ChangeKind.PRIORITY_CREATED, priority.checked())


async def edit_priority(
    work: Work, actor: Actor, *, priority: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a priority; `edits` is keyed by the field's name in inputs.

    Raises:
        PersonIsRemoved: the new owner has left.
        InvalidInput: the last day is before the first.
    """
    known = await entity_at(work, Priority, priority)
    authorize_structure(work, actor)
    check_version(known.version, expected_version)
    edits = await resolve_values(work, Priority, known.id, edits, known)
    replace(known, **edits).checked()
    return await edit(work, actor, ChangeKind.PRIORITY_UPDATED, known, edits)


async def archive_priority(
    work: Work, actor: Actor, *, priority: Ref, expected_version: int | None = None
) -> MutationResult:
    """Archive a priority: no objective can begin to serve it, and those that serve it stay.

    Raises:
        StateDoesNotFit: it is archived.
    """
    archived, kind = PriorityState.ARCHIVED, ChangeKind.PRIORITY_ARCHIVED
    return await _restate(work, actor, priority, archived, kind, expected_version)


async def restore_priority(
    work: Work, actor: Actor, *, priority: Ref, expected_version: int | None = None
) -> MutationResult:
    """Make an archived priority active again.

    Raises:
        StateDoesNotFit: it is active.
    """
    active, kind = PriorityState.ACTIVE, ChangeKind.PRIORITY_RESTORED
    return await _restate(work, actor, priority, active, kind, expected_version)


async def _restate(
    work: Work,
    actor: Actor,
    ref: Ref,
    state: PriorityState,
    kind: ChangeKind,
    expected_version: int | None,
) -> MutationResult:
    known = await entity_at(work, Priority, ref)
    authorize_structure(work, actor)
    check_version(known.version, expected_version)
    if known.state is state:
        raise StateDoesNotFit(f"{known.title!r} is {state} already", path=ref.path)
    return await edit(work, actor, kind, known, {"state": state})


async def remove_priority(
    work: Work, actor: Actor, *, priority: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a priority.

    Raises:
        PriorityIsServed: an objective names it, also a dropped or closed one.
    """
    known = await entity_at(work, Priority, priority)
    authorize_structure(work, actor)
    check_version(known.version, expected_version)
    if await is_served(work.connection, work.organization.id, known.id):
        raise PriorityIsServed(f"Objectives serve {known.title!r}; archive it instead", path=priority.path)
    return await remove(work, actor, ChangeKind.PRIORITY_DELETED, known, expected_version)
