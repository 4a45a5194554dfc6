"""Job locks: advisory locks, so that one process at a time runs a background job; record its last success."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from .bulk_write import Postgres
from .database import Database

JOB_SESSION_TIMEOUT_S = 1_200  # longer than a job may take: a frozen process loses its lock
JOB_LOCKS = 0x0B5E10B  # first key of the locks: any number, the same in every process

TRY_LOCK = "select pg_try_advisory_lock($1::int, hashtext($2))"
IDLE_LIMIT = f"set idle_session_timeout to '{JOB_SESSION_TIMEOUT_S}s'"
UNLOCK = "select pg_advisory_unlock($1::int, hashtext($2))"
READ_JOB = "select finished_at, position from job where name = $1"
FINISH_JOB = """
    insert into job (name, finished_at, position) values ($1, $2, $3)
    on conflict (name) do update set finished_at = excluded.finished_at, position = excluded.position
"""


@dataclass(frozen=True, slots=True)
class HeldJob:
    """Background job whose lock is held: when it last succeeded in any process, and where it continues."""

    name: str
    connection: Postgres
    finished_at: datetime | None
    position: str | None

    async def finish(self, at: datetime, position: str | None) -> None:
        """Record a success, for all processes."""
        await self.connection.execute(FINISH_JOB, self.name, at, position)


@asynccontextmanager
async def job_lock(
    database: Database, name: str, *, on_lost: Callable[[], None]
) -> AsyncIterator[HeldJob | None]:
    """Hold a job's lock for as long as the context lasts; yield None if another process holds it.

    The lock belongs to a connection: it is freed when the process ends, however it ends. `on_lost` is called
    if the connection is lost, as another process may take the lock then.
    """
    async with database.for_jobs() as connection:
        if not await connection.fetchval(TRY_LOCK, JOB_LOCKS, name):
            yield None
            return

        def lost(_: object) -> None:
            on_lost()

        try:
            await connection.execute(IDLE_LIMIT)
            row = await connection.fetchrow(READ_JOB, name)
            connection.add_termination_listener(lost)
            try:
                yield HeldJob(name, connection, *(row or (None, None)))
            finally:
                connection.remove_termination_listener(lost)
            await connection.fetchval(UNLOCK, JOB_LOCKS, name)
        except BaseException:
            connection.terminate()  # frees the lock, whatever the connection was doing
            raise
