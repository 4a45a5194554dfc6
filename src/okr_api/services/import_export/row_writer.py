"""Row writer: make, once for each entity, the function that writes its declared fields as an export's row."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from okr_api.okr.entity import Entity
from okr_api.okr.entity_fields import EntityField

Document = dict[str, Any]
Conversion = Callable[[Any], Any]


def row_writer(
    entity: Entity, conversion_of: Callable[[EntityField], Conversion | None]
) -> Callable[[Any], Document]:
    """Return the function that writes the fields of an entity, its version and whether it was removed.

    `conversion_of` returns what makes a file's value of a field's, None where the JSON encoder writes it: it
    has enums by their values, days such as 2026-01-31, and tuples as lists.
    """
    written = [field for field in entity.file_fields if not field.in_file.left_out]
    left_out = [(field, conversion_of(field)) for field in entity.file_fields if field.in_file.left_out]
    common = [name for name in ("version", "removed") if name in entity.model.__dataclass_fields__]
    names = (*(field.file_name for field in written), *common)
    read = attrgetter(*(field.name for field in written), *common)
    converted = [(place, of) for place, field in enumerate(written) if (of := conversion_of(field))]

    def document_of(word: Any) -> Document:
        values = [*read(word)]
        for place, convert in converted:
            values[place] = convert(values[place])
        document = dict(zip(names, values, strict=True))
        for field, written_as in left_out:
            if (value := getattr(word, field.name)) != field.default:
                document[field.file_name] = written_as(value) if written_as else value
        return document

    return document_of
