"""Read the values of an entity's declared fields from an input that creates or updates it."""

from collections.abc import Collection
from typing import Any

from okr_api.graphql.mutations.inputs import demand, edits_of, entity_ref
from okr_api.okr.entities import BY_MODEL
from okr_api.okr.entity import Entity
from okr_api.okr.entity_fields import EntityField, camel


def created_values(input: Any, model: type[Any]) -> dict[str, Any]:
    """Return the values of a new entity that its input has, by name; references as `Ref`.

    Raises:
        NotFound: a reference has the id of another type of entity.
    """
    entity, names = BY_MODEL[model], type(input).__dataclass_fields__
    fields = [field for field in entity.fields if field.input_name in names and not field.is_part]
    values = {field.input_name: _value(entity, field, getattr(input, field.input_name)) for field in fields}
    return {**values, "external_id": input.external_id}


def edited_values(input: Any, model: type[Any], *, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the values that the input of an update gives, by name; references as `Ref`.

    `without` are fields that the input does not have.

    Raises:
        InvalidInput: a value that cannot be null is null.
        NotFound: a reference has the id of another type of entity.
    """
    entity = BY_MODEL[model]
    fields = [field for field in entity.fields if field.is_edited and field.input_name not in without]
    edits = edits_of(input, *(field.input_name for field in fields))
    demand(edits, *(field.input_name for field in fields if field.is_required and not field.is_list))
    for field in fields:
        if field.input_name in edits:
            edits[field.input_name] = _value(entity, field, edits[field.input_name])
    return edits | (edits_of(input, "external_id") if entity.has_external_id else {})


def _value(entity: Entity, field: EntityField, value: Any) -> Any:
    """Return the value of a field as services take it; null stands for an empty list."""
    if field.is_document:
        return None if value is None else value.value()
    if field.name not in entity.references:
        return value
    node_type, name = entity.references[field.name], camel(field.input_name)
    if not field.is_list:
        return entity_ref(value, node_type, (name,)) if value else None
    return [entity_ref(one, node_type, (name, place)) for place, one in enumerate(value or [])]
