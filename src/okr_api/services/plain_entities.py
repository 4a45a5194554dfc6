"""Verbs of plain entities: create, edit and remove one, each as one change."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change import ChangeKind
from okr_api.okr.change_tracking import PlainEntity
from okr_api.okr.entities import BY_MODEL
from okr_api.okr.entity_fields import EntityField
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change
from .mutation_runner import MutationResult
from .references import check_version, free_external_id, short_text, title


def text_of(field: EntityField, text: Any) -> str | None:
    """Return the trimmed text of a field; raises the errors of `title` and `short_text`."""
    assert field.max_length, f"{field.name} has no MaxLength"
    if field.is_required:
        return title(text, field.name, field.max_length)
    return short_text(text, field.name, field.max_length)


async def checked(work: Work, model: type[Any], id: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an entity by field, with its texts trimmed.

    Raises:
        InvalidInput: a text is empty, too long or not storable.
        ExternalIdIsTaken: another entity of the class has the external id.
    """
    found, declaration = dict(values), BY_MODEL[model]
    for field in declaration.fields:
        if field.type is str and field.name in found:
            found[field.name] = text_of(field, found[field.name])
    if "external_id" in found:
        found["external_id"] = await free_external_id(work, declaration.table, found["external_id"], id)
    return found


async def create(work: Work, actor: Actor, kind: ChangeKind, entity: PlainEntity) -> MutationResult:
    """Save a new entity."""
    work.plain.put(entity)
    return await record_change(work, actor, kind, BY_MODEL[type(entity)].node_type, entity.id)


async def edit(
    work: Work, actor: Actor, kind: ChangeKind, known: PlainEntity, edits: Mapping[str, Any]
) -> MutationResult:
    """Save the next version of an entity, with the edited fields."""
    before: Any = known
    work.plain.put(replace(before, **edits, version=known.version + 1))
    node_type = BY_MODEL[type(known)].node_type
    return await record_change(work, actor, kind, node_type, known.id, fields=tuple(sorted(edits)))


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
