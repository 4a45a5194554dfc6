"""Row mapper: rows to objects and back, made once for each dataclass from its fields.

Each field is the column of the same name, an enum by its value, a tuple as an array, and a document as JSON.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeVar

from okr_api.okr.entity_fields import EntityField, all_fields_of
from okr_api.store.bulk_write import Row

T = TypeVar("T")
PartOf = Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class RowMapper(Generic[T]):
    """Functions between the objects of a dataclass and their `columns`, parts excepted."""

    columns: tuple[str, ...]
    object_of: Callable[[Row], T]
    row_of: Callable[[T], dict[str, Any]]


def row_mapper(
    model: type[T], parts: Mapping[str, PartOf] | None = None, renamed: Mapping[str, str] | None = None
) -> RowMapper[T]:
    """Return the mapper of a dataclass.

    `parts` are fields that are no column, each with the function that makes its value of a row; `renamed`
    are fields of which the column has another name, with that.
    """
    parts, renamed = parts or {}, renamed or {}
    declared = all_fields_of(model)
    own = [field for field in declared if field.name not in parts]
    columns = tuple(renamed.get(field.name, field.name) for field in own)
    read, written = itemgetter(*columns), attrgetter(*(field.name for field in own))
    converted = [(place, of) for place, field in enumerate(own) if (of := _conversion(field))]
    inserted = [(place, parts[field.name]) for place, field in enumerate(declared) if field.name in parts]
    documents = [field.name for field in own if field.is_document]

    def object_of(row: Row) -> T:
        values = [*read(row)]
        for place, convert in converted:
            values[place] = convert(values[place])
        for place, part_of in inserted:
            values.insert(place, part_of(row))
        return model(*values)

    def row_of(mapped: T) -> dict[str, Any]:
        return dict(zip(columns, written(mapped)))  # noqa: B905  `strict` takes a third longer, on the hot path

    def row_with_documents(mapped: T) -> dict[str, Any]:
        row = row_of(mapped)
        for name in documents:
            row[name] = document_of(row[name])
        return row

    return RowMapper(columns, object_of, row_with_documents if documents else row_of)


def _conversion(field: EntityField) -> Callable[[Any], Any] | None:
    """Return what makes a field's value of a column's, or None if they are equal."""
    if field.is_list:
        return as_tuple
    if field.is_document:
        return document_reader(field.type)
    return words(field.type).__getitem__ if issubclass(field.type, StrEnum) else None


def document_reader(kind: Any) -> Callable[[Any], Any]:
    """Return the function that makes an object of its stored document, and None of None."""
    return lambda document: None if document is None else kind.of_document(document)


def document_of(value: Any) -> Any:
    """Return the document to store of an object; None for None."""
    return None if value is None else value.document


def words(word: type[StrEnum]) -> Mapping[str | None, Any]:
    """Return the members of an enum by value, and None for None; a lookup is cheaper than the constructor."""
    return {None: None, **{str(one.value): one for one in word}}


def maybe(word: Any, value: Any) -> Any:
    """Return the value converted by `word`; None for None."""
    return None if value is None else word(value)


def as_tuple(value: Any) -> Any:
    """Return the array as a tuple; None for None."""
    return None if value is None else tuple(value)
