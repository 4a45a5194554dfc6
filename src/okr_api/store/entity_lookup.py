"""Look-ups for mutations by SQL: rows by id, external id, e-mail or cycle; superseded ones; the feed head."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from okr_api.okr.change_tracking import PlainEntity
from okr_api.okr.entities import BY_MODEL, ENTITIES

from .bulk_write import Postgres, Row, by_each
from .entity_tables import PLAIN_TABLES
from .feed_head import READ_HEAD

T = TypeVar("T", bound=PlainEntity)
KINDS = frozenset(entity.table for entity in ENTITIES if entity.section)
LATER = by_each("check_in", "supersedes_id", "supersedes_id")
ACTIVE_WITH_EMAIL = """
    select id from person where organization_id = $1 and lower(email) = lower($2) and active
"""
ANOTHER_ADMIN = """
    select exists (
        select from person where organization_id = $1 and id <> $2 and active and role = 'ADMIN'
    )
"""
IN_CYCLES = by_each("objective", "cycle_id", "id")


SURROGATE = re.compile("[\ud800-\udfff]")


def is_storable_text(text: str) -> bool:
    """Return whether PostgreSQL can store the text: it accepts neither NUL nor lone surrogates."""
    return "\0" not in text and (text.isascii() or SURROGATE.search(text) is None)


async def ids_by_external_id(
    connection: Postgres, organization_id: UUID, kind: str, external_ids: Sequence[str]
) -> dict[str, UUID]:
    """Return ids by external id; unknown external ids are missing."""
    assert kind in KINDS
    external_ids = [external_id for external_id in external_ids if is_storable_text(external_id)]
    if not external_ids:
        return {}
    rows = await connection.fetch(
        by_each(kind, "external_id", "id, external_id", "$2::text[]"),
        organization_id,
        external_ids,
    )
    return {row["external_id"]: row["id"] for row in rows}


async def external_ids_with_prefix(
    connection: Postgres, organization_id: UUID, kind: str, prefix: str
) -> list[str]:
    """Return the external ids that begin with the prefix, in any order."""
    assert kind in KINDS
    if not is_storable_text(prefix):
        return []
    rows = await connection.fetch(
        f"select external_id from {kind} where organization_id = $1 and starts_with(external_id, $2)",
        organization_id,
        prefix,
    )
    return [row["external_id"] for row in rows]


async def rows_by_id(
    connection: Postgres, organization_id: UUID, kind: str, ids: Sequence[UUID]
) -> list[Row]:
    """Return the rows with those ids, in any order."""
    assert kind in KINDS
    if not ids:
        return []
    return list(await connection.fetch(by_each(kind, "id"), organization_id, list(set(ids))))


async def active_ids_by_email(connection: Postgres, organization_id: UUID, email: str) -> list[UUID]:
    """Return the ids of the active people with that e-mail address, compared without case."""
    rows = await connection.fetch(ACTIVE_WITH_EMAIL, organization_id, email)
    return [row["id"] for row in rows]


async def is_another_admin(connection: Postgres, organization_id: UUID, person_id: UUID) -> bool:
    """Return whether somebody else is active and has the role ADMIN."""
    return bool(await connection.fetchval(ANOTHER_ADMIN, organization_id, person_id))


async def entities_by_id(
    connection: Postgres, organization_id: UUID, model: type[T], ids: Sequence[UUID]
) -> list[T]:
    """Return the plain entities with those ids, in any order."""
    rows = await rows_by_id(connection, organization_id, BY_MODEL[model].table, ids)
    return [PLAIN_TABLES[model].object_of(row) for row in rows]


async def all_entities(connection: Postgres, organization_id: UUID, model: type[T]) -> list[T]:
    """Return all plain entities of a class by id, inactive and removed ones included."""
    table = PLAIN_TABLES[model]
    rows = await connection.fetch(
        f"select * from {table.table.name} where organization_id = $1 order by id", organization_id
    )
    return [table.object_of(row) for row in rows]


async def id_with_values(
    connection: Postgres, organization_id: UUID, model: type[Any], values: Mapping[str, Any]
) -> UUID | None:
    """Return the id of a plain entity that has those values of its unique fields and is not removed."""
    entity = BY_MODEL[model]
    assert tuple(values) == entity.unique
    given = {name: value for name, value in values.items() if value is not None}
    conditions = [f"{name} = ${place}" for place, name in enumerate(given, start=2)]
    conditions += [f"{name} is null" for name in values if name not in given]
    conditions += ["not removed"] if entity.is_removable else []
    id: UUID | None = await connection.fetchval(
        f"select id from {entity.table} where organization_id = $1 and {' and '.join(conditions)}",
        organization_id,
        *given.values(),
    )
    return id


async def ids_in_cycles(connection: Postgres, organization_id: UUID, cycle_ids: Sequence[UUID]) -> list[UUID]:
    """Return the ids of the cycles' objectives."""
    rows = await connection.fetch(IN_CYCLES, organization_id, list(cycle_ids))
    return [row["id"] for row in rows]


async def superseded_among(connection: Postgres, organization_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return the ids of those check-ins that have been corrected or retracted."""
    return {row["supersedes_id"] for row in await connection.fetch(LATER, organization_id, list(ids))}


async def head_of(connection: Postgres, organization_id: UUID) -> tuple[int, int]:
    """Return the feed's latest `seq` and the oldest that is stored; (0, 1) for an unknown organisation."""
    row = await connection.fetchrow(READ_HEAD, organization_id)
    return (row["seq"], row["oldest_seq"]) if row is not None else (0, 1)
