"""Migrating: the database's schema is brought to the one that this release needs."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from .tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 0x0B5EDB  # any number, the same in every process
T = TypeVar("T")


class SchemaIsBehind(Exception):
    """The database has not been migrated to this release; `okr-api migrate` does it."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, which has no file."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


async def _run(dsn: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": ONE_AT_A_TIME})
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


async def migrate(dsn: str) -> None:
    """Runs what migrations are missing, in one transaction, one process at a time."""
    await _run(dsn, lambda connection: command.upgrade(config(connection), "head"))


async def demand_current(dsn: str) -> None:
    """Refuses (`SchemaIsBehind`) a database that is not at this release's schema."""
    current = await _run(
        dsn, lambda connection: MigrationContext.configure(connection).get_current_revision()
    )
    head = ScriptDirectory.from_config(config()).get_current_head()
    if current != head:
        raise SchemaIsBehind(
            f"The database is at migration {current}, this release needs {head}: run okr-api migrate"
        )


async def differences(dsn: str) -> list[object]:
    """What Alembic would change to make the database as the tables say; empty when they agree."""

    def compare(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    return await _run(dsn, compare)
