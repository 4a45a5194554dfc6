"""Edits: validate the values that an input gives for an entity and resolve the references among them."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from okr_api.okr.calendar import time_zone
from okr_api.okr.entities import BY_MODEL, Entity
from okr_api.okr.entity_fields import EntityField
from okr_api.okr.numbers import weight_of
from okr_api.okr.people import language_of
from okr_api.store.unit_of_work import Work

from .references import Ref, entity_at, free_external_id, long_text, short_text, title

Resolve = Callable[[Any], Awaitable[Any]]
NO_REFERENCES: Mapping[str, tuple[str, Resolve]] = MappingProxyType({})
# In this order; those of plain entities follow from their fields.
VALIDATORS: Mapping[str, Callable[[Any], Any]] = {
    "title": title,
    "name": lambda text: title(text, "name"),
    "description": long_text,
    "weight": weight_of,
    "time_zone": lambda name: time_zone(name).key,
    "language": language_of,
}


async def resolve_values(
    work: Work,
    model: type[Any],
    id: UUID,
    values: Mapping[str, Any],
    references: Mapping[str, tuple[str, Resolve]] = NO_REFERENCES,
) -> dict[str, Any]:
    """Return the given values of an entity by field: texts trimmed, references as ids, all validated.

    `references` has, by the name of a value, the field that holds the id and what resolves the reference.

    Raises:
        InvalidInput: a text is empty, too long or not storable, or a number is out of range.
        ExternalIdIsTaken: another entity of the class has the external id.
    """
    found, declaration = dict(values), BY_MODEL[model]
    for name, validate in _validators(declaration).items():
        if name in found:
            found[name] = validate(found[name])
    if "external_id" in found:
        found["external_id"] = await free_external_id(work, declaration.table, found["external_id"], id)
    for name, (field, resolve) in references.items():
        if name in found:
            found[field] = await resolve(found.pop(name))
    return found


def _validators(declaration: Entity) -> Mapping[str, Callable[[Any], Any]]:
    if not declaration.is_plain:
        return VALIDATORS
    return {field.name: partial(text_of, field) for field in declaration.fields if field.type is str}


def text_of(field: EntityField, text: Any) -> str | None:
    """Return the trimmed text of a field; raises the errors of `title` and `short_text`."""
    assert field.max_length, f"{field.name} has no MaxLength"
    if field.is_required:
        return title(text, field.name, field.max_length)
    return short_text(text, field.name, field.max_length)


async def entity_id(work: Work, model: type[Any], ref: Ref | None) -> UUID | None:
    """Return the id of the plain entity that a reference names, None without one; raises `NotFound`."""
    return (await entity_at(work, model, ref)).id if ref else None
