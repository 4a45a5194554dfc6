"""Create, edit and remove plain entities (people, teams, priorities, metrics), each as one change."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.change_tracking import PlainEntity
from okr_api.okr.entities import BY_MODEL
from okr_api.store.unit_of_work import Work

from .change_recorder import is_unchanged, record_change, unchanged
from .mutation_runner import MutationResult
from .references import check_version


async def create(work: Work, actor: Actor, kind: ChangeKind, entity: PlainEntity) -> MutationResult:
    """Save a new entity."""
    work.plain.put(entity)
    return await record_change(work, actor, kind, BY_MODEL[type(entity)].node_type, entity.id)


async def edit(
    work: Work,
    actor: Actor,
    kind: ChangeKind,
    known: PlainEntity,
    edits: Mapping[str, Any],
    *,
    reason: str | None = None,
) -> MutationResult:
    """Save the next version of an entity, with the edited fields; nothing if they are as before."""
    before: Any = known
    edited = replace(before, **edits, version=known.version + 1)
    if is_unchanged(known, edited):
        return unchanged(work, known.id)
    work.plain.put(edited)
    return await record_change(
        work,
        actor,
        kind,
        BY_MODEL[type(known)].node_type,
        known.id,
        fields=tuple(sorted(edits)),
        reason=reason,
    )


async def remove(
    work: Work, actor: Actor, kind: ChangeKind, known: PlainEntity, expected_version: int | None
) -> MutationResult:
    """Delete an entity softly.

    Raises:
        VersionConflict: it was edited since the expected version.
    """
    check_version(known.version, expected_version)
    work.plain.remove(known)
    return await record_change(work, actor, kind, BY_MODEL[type(known)].node_type, known.id)
