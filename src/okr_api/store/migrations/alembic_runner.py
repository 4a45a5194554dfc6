"""Run Alembic: apply the migrations, and compare the migrated schema with the tables."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from okr_api.store.tables import metadata
from okr_api.store.time_limits import MIGRATION

T = TypeVar("T")


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, which has no file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


async def upgrade(dsn: str, *, lock: int) -> None:
    """Run the missing migrations while holding the advisory lock `lock`."""

    def run(connection: Connection) -> None:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": lock})
        command.upgrade(config(connection), "head")

    await _run(dsn, run)


async def differences(dsn: str) -> list[object]:
    """Return the changes that Alembic would make to match the database to the tables; empty if they agree."""

    def compare(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    return await _run(dsn, compare)


async def _run(dsn: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(dsn, server_settings=MIGRATION.settings()),
        poolclass=NullPool,
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
