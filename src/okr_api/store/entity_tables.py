"""Entity tables: the tables of each versioned entity, and the mapping between its rows and its objects."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any

from sqlalchemy import Table

from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding
from okr_api.okr.cycle import Cycle
from okr_api.okr.entities import ENTITIES, Entity
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective
from okr_api.okr.people import Organization

from .bulk_write import Row
from .mappers.cycle import cycle_of, cycle_row
from .mappers.key_result import key_result_of, key_result_row
from .mappers.objective import objective_of, objective_row
from .tables import metadata

ObjectOf = Callable[[Row], Any]
RowOf = Callable[[Any, Organization], dict[str, Any]]


@dataclass(frozen=True)
class EntityTable:
    """Tables of a versioned entity that files have a section of, with the mappers of its definition.

    `row_of` takes the organisation as well, as instants follow from its time zone.
    """

    entity: Entity
    table: Table
    versions: Table
    object_of: ObjectOf
    row_of: RowOf


def _plain_mappers(entity: Entity) -> tuple[ObjectOf, RowOf]:
    """Return the mappers of a plain entity: each field is the column of the same name."""
    model = entity.model
    names = tuple(each.name for each in fields(model))
    enums = {each.name: each.type for each in entity.fields if issubclass(each.type, StrEnum)}
    values_of = attrgetter(*names)

    def object_of(row: Row) -> Any:
        values = {name: row[name] for name in names}
        return model(**values | {name: enum(values[name]) for name, enum in enums.items()})

    def row_of(word: Any, _: Organization) -> dict[str, Any]:
        return dict(zip(names, values_of(word), strict=True))

    return object_of, row_of


MAPPERS: dict[type[Any], tuple[ObjectOf, RowOf]] = {
    Cycle: (cycle_of, cycle_row),
    Objective: (objective_of, lambda objective, _: objective_row(objective, ObjectiveStanding())),
    KeyResult: (key_result_of, lambda key_result, _: key_result_row(key_result, KeyResultStanding())),
}
ENTITY_TABLES = {
    entity.model: EntityTable(
        entity,
        metadata.tables[entity.table],
        metadata.tables[f"{entity.table}_version"],
        *(_plain_mappers(entity) if entity.is_plain else MAPPERS[entity.model]),
    )
    for entity in ENTITIES
    if entity.section and entity.is_versioned
}
PLAIN_TABLES = {model: table for model, table in ENTITY_TABLES.items() if table.entity.is_plain}
