"""Fields of a plain entity, read from its dataclass: type, default, and limit of each."""

from dataclasses import MISSING, dataclass, fields
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

COMMON = frozenset({"id", "external_id", "version", "removed"})  # handled alike for all entities


@dataclass(frozen=True, slots=True)
class MaxLength:
    """Limit of a text field, as an annotation: `Annotated[str, MaxLength(500)]`."""

    characters: int


@dataclass(frozen=True, slots=True)
class EntityField:
    """One field of a plain entity.

    `type` is a text, a boolean, an enum or a UUID; a UUID refers to another entity. `default` is that of a
    new entity, None without one. `is_required` means that the field is never None.
    """

    name: str
    type: type[Any]
    is_required: bool
    default: Any
    max_length: int | None


def fields_of(model: type[Any]) -> tuple[EntityField, ...]:
    """Return the fields of a plain entity's dataclass, without those that all entities have."""
    hints = get_type_hints(model, include_extras=True)
    return tuple(
        _field(each.name, hints[each.name], None if each.default is MISSING else each.default)
        for each in fields(model)
        if each.name not in COMMON
    )


def _field(name: str, hint: Any, default: Any) -> EntityField:
    limit = None
    if get_origin(hint) is Annotated:
        hint, *marks = get_args(hint)
        limit = next((mark.characters for mark in marks if isinstance(mark, MaxLength)), None)
    types = [one for one in get_args(hint) or (hint,) if one is not NoneType]
    assert len(types) == 1, f"{name} has several types"
    return EntityField(name, types[0], NoneType not in get_args(hint), default, limit)
