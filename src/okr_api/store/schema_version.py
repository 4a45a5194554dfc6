"""Schema version: check which migration the database is at, and migrate it to this release.

Every command and every server process checks, and there is hardly ever anything to migrate: Alembic is
imported only then, as that takes longer than the check.
"""

from pathlib import Path

import asyncpg

from okr_api.store.database import check_server_version
from okr_api.store.time_limits import MIGRATION

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 0x0B5EDB  # any number, the same in every process


class SchemaIsBehind(Exception):
    """Raised if the database has not been migrated to this release; `okr-api migrate` does it."""


class SchemaIsUnknown(Exception):
    """Raised if the database has tables of okr-api but no record of their migration."""


class SchemaIsAhead(Exception):
    """Raised if a newer release has migrated the database to a schema that this one does not know."""


async def migrate(dsn: str) -> None:
    """Run the missing migrations in one transaction, one process at a time.

    Raises:
        ServerIsTooOld: the server is older than PostgreSQL 16.
        SchemaIsAhead: the database was migrated by a newer release.
        SchemaIsUnknown: there are tables, but no record of a migration.
    """
    current = await _revision_of(dsn)
    _reject_newer(current)
    if current is None:
        await _reject_unmarked_tables(dsn)
    if current != newest():
        from .migrations.alembic_runner import upgrade

        await upgrade(dsn, lock=ONE_AT_A_TIME)


async def check_current(dsn: str) -> None:
    """Raise unless the database is at this release's schema.

    Raises:
        SchemaIsBehind: the database has not been migrated to this release.
        ServerIsTooOld: the server is older than PostgreSQL 16.
        SchemaIsAhead: the database was migrated by a newer release.
    """
    current = await _revision_of(dsn)
    _reject_newer(current)
    if current is None:
        raise SchemaIsBehind("The database has no tables of okr-api yet: run okr-api migrate")
    if current != newest():
        raise SchemaIsBehind(
            f"The database is at migration {current}, this release needs {newest()}: run okr-api migrate"
        )


async def _reject_unmarked_tables(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, server_settings=MIGRATION.settings())
    try:
        if await connection.fetchval("select to_regclass('organization')") is None:
            return
    finally:
        await connection.close()
    raise SchemaIsUnknown(
        "The database has a table organization, but alembic_version does not say which migration made it: "
        "use an empty database, or restore a whole backup"
    )


def _reject_newer(current: str | None) -> None:
    if current is not None and current > newest():  # numbers of equal length compare as text
        raise SchemaIsAhead(
            f"The database is at migration {current}, this release of okr-api knows those up to {newest()}: "
            "use the newer release that migrated it, or restore a backup from before"
        )


def newest() -> str:
    """Return the number of the migration that this release needs: the highest of the files."""
    files = (MIGRATIONS / "versions").glob("[0-9]*.py")
    return max(file.stem.partition("_")[0] for file in files)


async def _revision_of(dsn: str) -> str | None:
    """Return the migration that the database is at, after waiting for processes that migrate it."""
    connection = await asyncpg.connect(dsn, server_settings=MIGRATION.settings())
    try:
        check_server_version(connection)
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", ONE_AT_A_TIME)
            if await connection.fetchval("select to_regclass('alembic_version')") is None:
                return None
            revision: str | None = await connection.fetchval("select version_num from alembic_version")
            return revision
    finally:
        await connection.close()
