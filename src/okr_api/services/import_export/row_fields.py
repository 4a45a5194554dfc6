"""Row fields: read the declared fields of a row, each by its type and within its limits."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from okr_api.okr.cadence import Cadence
from okr_api.okr.entities import BY_MODEL, BY_TYPE
from okr_api.okr.entity import Entity
from okr_api.okr.entity_fields import EntityField
from okr_api.services.edits import limited

from .cadences import read_cadence
from .errors import required
from .import_row import ImportRow
from .import_session import ImportSession
from .row_parser import ParsedRow


def _instant(line: ParsedRow, name: str, known: datetime | None) -> datetime | None:
    return line.instant(name) if line.has(name) else known


READERS: Mapping[type[Any], Callable[[ParsedRow, str, Any], Any]] = {
    bool: ParsedRow.flag,
    int: ParsedRow.count,
    float: ParsedRow.number,
    str: ParsedRow.text,
    date: ParsedRow.day,
    datetime: _instant,
    Cadence: read_cadence,
}


def read_entity(session: ImportSession, model: type[Any], entry: ImportRow[Any], **given: Any) -> Any:
    """Return the entity of a row; `given` are the values of fields that are not read as they are declared."""
    values = given | {
        field.name: read_field(session, model, entry, field.name)
        for field in BY_MODEL[model].fields
        if field.name not in given
    }
    return model(id=entry.id, external_id=entry.external_id, version=entry.version, **values)


def read_field(session: ImportSession, model: type[Any], entry: ImportRow[Any], name: str) -> Any:
    """Return the value of a field: as in the row, else as known, else the default of a new entity.

    Raises:
        RowIsUnclear: the value is missing, or of another type.
        ReferenceIsUnknown: there is no entity that it names.
        InvalidInput: it is out of the limits of the field.
    """
    entity = BY_MODEL[model]
    field = entity.field(name)
    known = getattr(entry.known, name) if entry.known else field.default
    value = _value(session, entity, entry.line, field, known)
    if value is None and field.is_required:
        value = required(known if field.in_file.keeps_null else field.default, field.file_name)
    return value if value is None else limited(entity, field, value, field.file_name)


def _fact_named(
    session: ImportSession, line: ParsedRow, section: str, field: str, known: UUID | None
) -> UUID | None:
    """Return the id of the check-in that a field names, of those that `discussions.py` has looked up."""
    name = line.reference(field) if line.has(field) else None
    if name is None:
        return None if line.has(field) else known
    found = session.known.get(section, {}).get(name)
    if found is None:
        raise session.unknown(section, name, f"{field} names {name!r}, which is not among the {section}")
    return found


def _value(session: ImportSession, entity: Entity, line: ParsedRow, field: EntityField, known: Any) -> Any:
    """Return the value that the row gives, `known` if it does not have the field, None for null."""
    name = field.file_name
    if not field.is_required and line.take(name, known) is None:
        return None
    if field.type is UUID:
        referred = BY_TYPE[entity.references[field.name]]
        section = referred.section
        if not referred.is_versioned:
            return _fact_named(session, line, section, name, known)
        if not field.is_list:
            return session.refer(line, section, name, known)
        if not line.has(name):
            return known
        return tuple(dict.fromkeys([session.resolve(section, one, name) for one in line.references(name)]))
    if field.is_list:
        read = line.counts if field.type is int else line.references
        return tuple(read(name)) if line.has(name) else known
    if issubclass(field.type, StrEnum):
        return line.word(name, field.type, known)
    return READERS[field.type](line, name, known)
