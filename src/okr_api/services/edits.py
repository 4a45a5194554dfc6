"""Values that an input gives for a new or edited entity: check their limits, resolve references to ids."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.calendar import time_zone
from okr_api.okr.entities import BY_MODEL, BY_TYPE
from okr_api.okr.entity import Entity, NodeType
from okr_api.okr.entity_fields import UNCOUNTABLE, EntityField, camel
from okr_api.okr.errors import InvalidInput
from okr_api.okr.numbers import finite_or_none, fraction, weight_of
from okr_api.okr.people import language_of
from okr_api.store.unit_of_work import Work

from .references import (
    Ref,
    cycle_at,
    entity_at,
    free_external_id,
    load_entities,
    long_text,
    person_at,
    priority_at,
    short_text,
    title,
)

# Of fields of which the value is neither free nor an enum's.
VALIDATORS: Mapping[str, Callable[[Any], Any]] = {
    "time_zone": lambda name: time_zone(name).key,
    "language": language_of,
    "cadence": lambda cadence: cadence and cadence.checked(),
    "holiday_calendar": lambda calendar: calendar and calendar.checked(),
}


def limited(entity: Entity, field: EntityField, value: Any, name: str) -> Any:
    """Return a value within the limits of its field, a text trimmed; errors call the field `name`.

    Raises:
        InvalidInput: a text is empty, too long or not storable, a number out of bounds, a list too long.
    """
    if field.is_list and (field.is_required or value is not None):
        return _limited_list(entity, field, value or (), name)
    if field.is_weight:
        return weight_of(value, name)
    if field.is_fraction:
        return None if value is None else fraction(value, name)
    if field.type is float:
        return finite_or_none(value, name)
    if field.type is not str or field.max_length is None or field.is_list:
        return value
    if field.is_required:
        return title(value, name, field.max_length)
    return (short_text if field.is_trimmed else long_text)(value, name, field.max_length)


def _limited_list(entity: Entity, field: EntityField, values: Sequence[Any], name: str) -> Sequence[Any]:
    if field.max_items is not None and len(values) > field.max_items:
        article = "An" if entity.noun[0] in "aeiou" else "A"
        items = f"entries in {name}" if field.input_name in UNCOUNTABLE else field.input_name
        message = f"{article} {entity.noun} has at most {field.max_items} {items}"
        raise InvalidInput(message, path=[name])
    if field.type is not str:
        return values
    assert field.max_length is not None
    texts: list[str] = []
    for place, text in enumerate(values):
        try:
            texts.append(title(text, name, field.max_length))
        except InvalidInput as refused:
            refused.path = (name, str(place))
            raise
    return tuple(dict.fromkeys(texts))


async def resolve_values(
    work: Work, model: type[Any], id: UUID, values: Mapping[str, Any], known: Any = None
) -> dict[str, Any]:
    """Return the values of a new entity, or those to edit in a known one, as its dataclass has them.

    `values` are by the field's name in inputs: `owner` is a reference, or None, and becomes `owner_id`.
    Values of other names are returned as they are.

    Raises:
        InvalidInput: a value is out of the limits of its field.
        ExternalIdIsTaken: another entity of the class has the external id.
        NotFound: there is no entity that a reference names.
        PersonIsRemoved: a reference names a person who has left, and who does not have this work already.
        PriorityIsArchived: a reference names an archived priority that the entity does not serve already.
    """
    found, declaration = dict(values), BY_MODEL[model]
    named = [field for field in declaration.fields if field.input_name in values]
    for field in named:
        name = field.input_name
        found[name] = limited(declaration, field, found[name], camel(name))
        if name in VALIDATORS:
            found[name] = VALIDATORS[name](found[name])
    if "external_id" in found:
        found["external_id"] = await free_external_id(work, declaration.table, found["external_id"], id)
    for field in named:
        if field.name in declaration.references:
            kind, before = declaration.references[field.name], getattr(known, field.name, None)
            found[field.name] = await _ids(work, kind, field, found.pop(field.input_name), before)
    return found


async def _ids(work: Work, kind: NodeType, field: EntityField, value: Any, before: Any) -> Any:
    """Return the id that a reference names, or the ids, each once; `before` is what the field has."""
    if not field.is_list:
        return await _id(work, kind, value, [before]) if value else None
    if BY_TYPE[kind].is_plain:
        await load_entities(work, BY_TYPE[kind].model, value)
    return tuple(dict.fromkeys([await _id(work, kind, ref, before or ()) for ref in value]))


async def _id(work: Work, kind: NodeType, ref: Ref, already: Collection[UUID | None]) -> UUID:
    if kind is NodeType.PERSON:
        return (await person_at(work, ref, taking_work=True, already=already)).id
    if kind is NodeType.CYCLE:
        return cycle_at(work, ref).id
    if kind is NodeType.PRIORITY:
        return (await priority_at(work, ref, already=already)).id
    id: UUID = (await entity_at(work, BY_TYPE[kind].model, ref)).id
    return id


async def new_values(work: Work, model: type[Any], id: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a new entity with its id; raises the errors of `resolve_values`."""
    return {"id": id, **await resolve_values(work, model, id, {"external_id": None, **values})}
