"""Migrating: the database's schema is brought to the one that this release needs.

Every command and every server process asks, and hardly ever is there something to do: only then is Alembic
imported, which takes longer than the question.
"""

from pathlib import Path

import asyncpg

from okr_api.store.database import check_server_version
from okr_api.store.time_limits import MIGRATION

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 0x0B5EDB  # any number, the same in every process


class SchemaIsBehind(Exception):
    """The database has not been migrated to this release; `okr-api migrate` does it."""


class SchemaIsUnknown(Exception):
    """The database has tables like those of okr-api, and nothing that says of which migration they are."""


class SchemaIsAhead(Exception):
    """A newer release has migrated the database; this one does not know its tables."""


async def migrate(dsn: str) -> None:
    """Runs what migrations are missing, in one transaction, one process at a time.

    *Refuses*: a server that is too old (`ServerIsTooOld`), a database of a newer release (`SchemaIsAhead`),
    tables that no migration stands for (`SchemaIsUnknown`).
    """
    current = await _revision_of(dsn)
    _reject_newer(current)
    if current is None:
        await _reject_unmarked_tables(dsn)
    if current != newest():
        from .migrations.alembic_runner import upgrade

        await upgrade(dsn, lock=ONE_AT_A_TIME)


async def check_current(dsn: str) -> None:
    """Raise `SchemaIsBehind` unless the database is at this release's schema.

    *Refuses*: also what `migrate` refuses.
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
    if current is not None and current > newest():  # migrations are numbered, with as many digits each
        raise SchemaIsAhead(
            f"The database is at migration {current}, this release of okr-api knows those up to {newest()}: "
            "use the newer release that migrated it, or restore a backup from before"
        )


def newest() -> str:
    """The migration that this release needs: their files are numbered."""
    files = (MIGRATIONS / "versions").glob("[0-9]*.py")
    return max(file.stem.partition("_")[0] for file in files)


async def _revision_of(dsn: str) -> str | None:
    """The migration that a database is at, once nobody is migrating it."""
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
