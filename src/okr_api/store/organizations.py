"""Create, rename and list organisations, which happens outside the feed."""

from uuid import UUID

from okr_api.okr.people import Organization

from .bulk_write import Postgres
from .database import Database, new_id
from .mappers.people import organization_of

FIRST_LOCK = 0x0B5E55ED  # any number, the same in every process

MAKE = "insert into organization (id, name, time_zone, version, created_at) values ($1, $2, $3, 1, now())"
HEAD = """
    insert into feed_head (organization_id, seq, oldest_seq, recorded_at,
        tree_seq, tree_recorded_at, plan_seq, plan_recorded_at)
    values ($1, 0, 1, now(), 0, now(), 0, now())
"""
PERSON = "insert into person (organization_id, id, name, active, version) values ($1, $2, $3, true, 1)"
PERSON_VERSION = """
    insert into person_version (organization_id, id, name, active, version, seq, recorded_at)
    values ($1, $2, $3, true, 1, 0, now())
"""
FIRST_KEY = """
    insert into token (organization_id, id, token_hash, name, person_id, scopes, created_at)
    values ($1, $2, $3, $4, $5, array['admin'], now())
"""
OBJECTIVES_AFTER = """
    select organization_id, id from objective where (organization_id, id) > ($1, $2)
    order by organization_id, id limit $3
"""
BY_ID = "select * from organization where id = $1"
RENAME = "update organization set name = $2, version = version + 1 where id = $1"


async def make(connection: Postgres, *, name: str, time_zone: str) -> Organization:
    """Insert an organisation with an empty feed, in the caller's transaction; return it."""
    organization = Organization(id=new_id(), name=name, time_zone=time_zone)
    await connection.execute(MAKE, organization.id, organization.name, organization.time_zone)
    await connection.execute(HEAD, organization.id)
    return organization


async def make_admin(connection: Postgres, organization_id: UUID, *, name: str, token_hash: bytes) -> None:
    """Insert a first person, and an admin token of theirs by its hash."""
    person_id = new_id()
    await connection.execute(PERSON, organization_id, person_id, name)
    await connection.execute(PERSON_VERSION, organization_id, person_id, name)
    await connection.execute(FIRST_KEY, organization_id, new_id(), token_hash, name, person_id)


async def rename(connection: Postgres, organization_id: UUID, name: str) -> None:
    """Rename the organisation."""
    await connection.execute(RENAME, organization_id, name)


async def all_organizations(database: Database) -> list[Organization]:
    """Return every organisation, oldest first."""
    async with database.across() as connection:
        return [
            organization_of(row) for row in await connection.fetch("select * from organization order by id")
        ]


async def organization_by_id(connection: Postgres, organization_id: UUID) -> Organization:
    """Return an organisation that exists, in the caller's snapshot."""
    [row] = await connection.fetch(BY_ID, organization_id)
    return organization_of(row)


async def objectives_after(
    database: Database, after: tuple[UUID, UUID], limit: int
) -> list[tuple[UUID, UUID]]:
    """Return ids of organisations and of their objectives, in order, after the given pair."""
    async with database.for_jobs() as connection:
        rows = await connection.fetch(OBJECTIVES_AFTER, *after, limit)
    return [(row["organization_id"], row["id"]) for row in rows]


async def lock_for_first(connection: Postgres) -> bool:
    """Wait for other transactions that create the first organisation; return whether there is still none."""
    await connection.execute("select pg_advisory_xact_lock($1)", FIRST_LOCK)
    return not await connection.fetchval("select exists (select from organization)")
