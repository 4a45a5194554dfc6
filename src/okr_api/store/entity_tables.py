"""Entity tables: the tables of each versioned entity, and the mapping between its rows and its objects."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Table

from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding
from okr_api.okr.cycle import Cycle
from okr_api.okr.entities import ENTITIES
from okr_api.okr.entity import Entity
from okr_api.okr.entity_fields import all_fields_of
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective
from okr_api.okr.people import Organization

from .bulk_write import Row
from .mappers.cycle import cycle_of, cycle_row
from .mappers.key_result import key_result_of, key_result_row
from .mappers.objective import objective_of, objective_row
from .mappers.row_mapper import row_mapper
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
    """Return the mappers of a plain entity: each field is the column of the same name.

    Versions have no columns of derived fields, so that these are None in what is made of them.
    """
    derived = [field.name for field in all_fields_of(entity.model) if field.is_derived]
    mapper = row_mapper(entity.model, {name: partial(_present, name) for name in derived})

    def row_of(word: Any, organization: Organization) -> dict[str, Any]:
        del organization
        row = mapper.row_of(word)
        for name in derived:
            row[name] = getattr(word, name)
        return row

    return mapper.object_of, row_of


def _present(name: str, row: Row) -> Any:
    return row.get(name)


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
