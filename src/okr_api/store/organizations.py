"""SQL of organisations: create one with feed head and first admin, save, list; objectives to verify."""

from datetime import datetime
from uuid import UUID

from okr_api.okr.people import Language, Organization

from .bulk_write import Postgres
from .database import Database, new_id
from .mappers.organization import VERSIONED, organization_of, organization_row

FIRST_LOCK = 0x0B5E55ED  # any number, the same in every process

COLUMNS = ", ".join(VERSIONED)
PARAMETERS = ", ".join(f"${place}" for place, _ in enumerate(VERSIONED, start=2))
MAKE = f"insert into organization (id, {COLUMNS}, created_at) values ($1, {PARAMETERS}, now())"
FIRST_VERSION = f"""
    insert into organization_version (organization_id, seq, recorded_at, {COLUMNS})
    select id, 0, created_at, {COLUMNS} from organization where id = $1
"""
SAVE = f"""
    with saved as (update organization set ({COLUMNS}) = ({PARAMETERS}) where id = $1)
    insert into organization_version (organization_id, {COLUMNS}, seq, recorded_at)
    values ($1, {PARAMETERS}, ${len(VERSIONED) + 2}, ${len(VERSIONED) + 3})
"""
FORGET_VERSIONS = "delete from organization_version where organization_id = $1"
HEAD = """
    insert into feed_head (organization_id, seq, oldest_seq, recorded_at,
        tree_seq, tree_recorded_at, plan_seq, plan_recorded_at)
    values ($1, 0, 1, now(), 0, now(), 0, now())
"""
FIRST_ADMIN = """
    insert into person (organization_id, id, name, active, role, version,
        notifications_daily, notifications_off)
    values ($1, $2, $3, true, 'ADMIN', 1, '{}', '{}')
"""
FIRST_ADMIN_VERSION = """
    insert into person_version (organization_id, id, name, active, role, version, seq, recorded_at,
        notifications_daily, notifications_off)
    values ($1, $2, $3, true, 'ADMIN', 1, 0, now(), '{}', '{}')
"""
FIRST_KEY = """
    insert into token (organization_id, id, token_hash, name, person_id, scopes, created_at, sees_private)
    values ($1, $2, $3, $4, $5, array['admin'], now(), false)
"""
OBJECTIVES_AFTER = """
    select organization_id, id from objective where (organization_id, id) > ($1, $2)
    order by organization_id, id limit $3
"""
BY_ID = "select * from organization where id = $1"


async def make(
    connection: Postgres, *, name: str, time_zone: str, language: Language = Language.ENGLISH
) -> Organization:
    """Insert an organisation with an empty feed, in the caller's transaction; return it."""
    organization = Organization(id=new_id(), name=name, time_zone=time_zone, language=language)
    await connection.execute(MAKE, organization.id, *organization_row(organization).values())
    await connection.execute(FIRST_VERSION, organization.id)
    await connection.execute(HEAD, organization.id)
    return organization


async def make_admin(connection: Postgres, organization_id: UUID, *, name: str, token_hash: bytes) -> None:
    """Insert a first person with the role ADMIN, and an admin token of theirs by its hash."""
    person_id = new_id()
    await connection.execute(FIRST_ADMIN, organization_id, person_id, name)
    await connection.execute(FIRST_ADMIN_VERSION, organization_id, person_id, name)
    await connection.execute(FIRST_KEY, organization_id, new_id(), token_hash, name, person_id)


async def save_organization(
    connection: Postgres, organization: Organization, *, seq: int, recorded_at: datetime
) -> None:
    """Save an edited organisation, and its version from `seq` on."""
    values = organization_row(organization).values()
    await connection.execute(SAVE, organization.id, *values, seq, recorded_at)


async def forget_versions(connection: Postgres, organization_id: UUID) -> None:
    """Delete the versions of an organisation that takes over those of an export."""
    await connection.execute(FORGET_VERSIONS, organization_id)


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
