"""Fields of an entity, read from its dataclass: types, names in inputs and files; annotations for limits."""

from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

COMMON = frozenset({"id", "external_id", "version", "removed"})  # handled alike for all entities
UNCOUNTABLE = frozenset({"shared_with"})  # names in inputs that have no other form for many
M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class MaxLength:
    """Limit of a text, as an annotation: `Annotated[str, MaxLength(500)]`; stored trimmed by default."""

    characters: int
    is_trimmed: bool = True


@dataclass(frozen=True, slots=True)
class MaxItems:
    """Limit of a list, as an annotation."""

    count: int


@dataclass(frozen=True, slots=True)
class Weight:
    """Annotation of a number that is a weight: 0, or 1e-6 to 1e6."""


@dataclass(frozen=True, slots=True)
class Fraction:
    """Annotation of a number from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Annotation of a field that updates do not edit: creation, imports or other verbs set it."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Annotation of a field that follows from other facts: it is stored, but neither given nor in files."""


@dataclass(frozen=True, slots=True)
class InFile:
    """How files have a field, as an annotation, where it is not as declared.

    `name` is its name there; it is written `after` that field instead of the one before it. A field that is
    `left_out` is written last, and only if it is not at its default. A field that `keeps_null` has its known
    value where a row says null, instead of its default.
    """

    name: str = ""
    after: str = ""
    left_out: bool = False
    keeps_null: bool = False


AS_DECLARED = InFile()


@dataclass(frozen=True, slots=True)
class EntityField:
    """One field of an entity.

    `type` is that of the value, or of each item where it `is_list`; a UUID refers to another entity.
    `default` is that of a new entity, None without one. `is_required` means that the field is never None.
    """

    name: str
    type: type[Any]
    is_list: bool
    is_required: bool
    default: Any
    marks: tuple[Any, ...] = ()

    @property
    def max_length(self) -> int | None:
        """Return the limit of a text, None without one."""
        mark = _mark(self, MaxLength)
        return mark.characters if mark else None

    @property
    def is_trimmed(self) -> bool:
        """Return whether a text is stored without the spaces around it."""
        mark = _mark(self, MaxLength)
        return mark is not None and mark.is_trimmed

    @property
    def max_items(self) -> int | None:
        """Return the limit of a list, None without one."""
        mark = _mark(self, MaxItems)
        return mark.count if mark else None

    @property
    def is_weight(self) -> bool:
        """Return whether it is a weight."""
        return _mark(self, Weight) is not None

    @property
    def is_fraction(self) -> bool:
        """Return whether it is a number from 0 to 1."""
        return _mark(self, Fraction) is not None

    @property
    def is_document(self) -> bool:
        """Return whether its value is stored, and is in files, as the document that its type makes."""
        return hasattr(self.type, "of_document")

    @property
    def is_part(self) -> bool:
        """Return whether its value is an object with fields of its own, which is mapped by hand."""
        return is_dataclass(self.type) and not self.is_document

    @property
    def is_derived(self) -> bool:
        """Return whether it follows from other facts."""
        return _mark(self, Derived) is not None

    @property
    def is_edited(self) -> bool:
        """Return whether updates edit it."""
        return _mark(self, Fixed) is None and not self.is_part

    @property
    def in_file(self) -> InFile:
        """Return how files have it."""
        return _mark(self, InFile) or AS_DECLARED

    @property
    def file_name(self) -> str:
        """Return its name in files."""
        return self.in_file.name or self.name

    @property
    def input_name(self) -> str:
        """Return its name in inputs, where `owner_id` is the reference `owner`, and `ids` are a plural."""
        if self.type is not UUID:
            return self.name
        return _plural(self.name.removesuffix("_ids")) if self.is_list else self.name.removesuffix("_id")


def _plural(noun: str) -> str:
    if noun in UNCOUNTABLE:
        return noun
    return noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"


def _mark(field: EntityField, kind: type[M]) -> M | None:
    return next((mark for mark in field.marks if isinstance(mark, kind)), None)


def camel(name: str) -> str:
    """Return the name in camelCase, as clients write it."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def all_fields_of(model: type[Any]) -> tuple[EntityField, ...]:
    """Return all fields of a dataclass, in order."""
    hints = get_type_hints(model, include_extras=True)
    return tuple(
        _field(each.name, hints[each.name], None if each.default is MISSING else each.default)
        for each in fields(model)
    )


def fields_of(model: type[Any]) -> tuple[EntityField, ...]:
    """Return the fields of an entity's dataclass, without derived ones and those that all entities have."""
    return tuple(field for field in all_fields_of(model) if field.name not in COMMON and not field.is_derived)


def in_order_of_files(declared: tuple[EntityField, ...]) -> tuple[EntityField, ...]:
    """Return the fields in the order in which files have them."""
    ordered = [field for field in declared if not field.in_file.after]
    for field in declared:
        if after := field.in_file.after:
            ordered.insert([each.name for each in ordered].index(after) + 1, field)
    return tuple(sorted(ordered, key=lambda field: field.in_file.left_out))


def _field(name: str, hint: Any, default: Any) -> EntityField:
    marks: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *given = get_args(hint)
        marks = tuple(given)
    is_required = NoneType not in get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        types = [one for one in get_args(hint) if one is not NoneType]
        assert len(types) == 1, f"{name} has several types"
        hint = types[0]
    is_list = get_origin(hint) is tuple
    of = get_args(hint)[0] if is_list else hint
    return EntityField(name, get_origin(of) or of, is_list, is_required, default, marks)
