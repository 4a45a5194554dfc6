"""Entity lookup: find many entities at once by id, external id or e-mail; read the feed head."""

import re
from collections.abc import Sequence
from uuid import UUID

from okr_api.okr.people import Person, Team

from .bulk_write import Postgres, Row, by_each
from .feed_head import READ_HEAD
from .mappers.people import person_of, team_of

KINDS = frozenset({"person", "team", "cycle", "objective", "key_result", "check_in"})
LATER = by_each("check_in", "supersedes_id", "supersedes_id")
ACTIVE_WITH_EMAIL = """
    select id from person where organization_id = $1 and lower(email) = lower($2) and active
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


async def all_people(connection: Postgres, organization_id: UUID) -> list[Person]:
    """Return all people by id, inactive ones included."""
    rows = await connection.fetch(
        "select * from person where organization_id = $1 order by id", organization_id
    )
    return [person_of(row) for row in rows]


async def all_teams(connection: Postgres, organization_id: UUID) -> list[Team]:
    """Return all teams by id."""
    rows = await connection.fetch(
        "select * from team where organization_id = $1 order by id", organization_id
    )
    return [team_of(row) for row in rows]


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
