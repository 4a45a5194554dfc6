"""A snapshot: all that one operation reads, true at one `seq` and one instant, for one asker."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from okr_api.okr.errors import TooMany
from okr_api.store.database import Database
from okr_api.store.rows import Postgres

MOST_ROWS = 200_000
HEAD = "select seq, oldest_seq, clock_timestamp() as now from feed_head where organization_id = $1"


class Snapshot:
    """Opens at the first statement, and every statement after it sees the same instant.

    Root fields run side by side; their statements take turns on the one connection.
    """

    def __init__(self, database: Database, organization_id: UUID, *, sees_drafts: bool) -> None:
        self.database = database
        self.organization_id = organization_id
        self.sees_drafts = sees_drafts
        self.statements = 0
        self.rows = 0
        self._open = AsyncExitStack()
        self._turn = asyncio.Lock()
        self._connection: Postgres | None = None
        self._seq = 0
        self._oldest_seq = 1
        self._now: datetime | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Gives the connection back."""
        async with self._turn:
            self._connection = None
            await self._open.aclose()

    async def begin(self) -> None:
        """Opens the snapshot, unless it is open."""
        async with self._turn:
            await self._begin()

    async def _begin(self) -> Postgres:
        if self._connection is None:
            connection = await self._open.enter_async_context(self.database.snapshot(self.organization_id))
            head = await connection.fetchrow(HEAD, self.organization_id)
            assert head is not None
            self._seq, self._oldest_seq = head["seq"], head["oldest_seq"]
            self._now = self._now or head["now"]
            self._connection = connection
        return self._connection

    async def fetch(self, statement: str, *parameters: Any) -> list[Any]:
        """The rows that the statement finds.

        *Refuses*: more than 200,000 rows in one operation (`TooMany`).
        """
        async with self._turn:
            connection = await self._begin()
            rows: list[Any] = await connection.fetch(statement, *parameters)
        self.statements += 1
        self.rows += len(rows)
        if self.rows > MOST_ROWS:
            raise TooMany(f"One operation reads at most {MOST_ROWS} rows; ask for less at a time")
        return rows

    async def connection(self) -> Postgres:
        """The connection itself, for the store's own statements; not beside `fetch`."""
        async with self._turn:
            return await self._begin()

    @property
    def seq(self) -> int:
        """The position of the feed at which all of this is true."""
        return self._seq

    @property
    def oldest_seq(self) -> int:
        """The first position that the feed still keeps."""
        return self._oldest_seq

    @property
    def now(self) -> datetime:
        """The instant of the request, by which the clock's share of every answer is computed."""
        assert self._now is not None
        return self._now
