"""Consistent read snapshots, in a transaction or autocommit: one `seq`, one instant, one actor; row limit."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from okr_api.okr.errors import Refused, TooMany
from okr_api.okr.policy import Principal
from okr_api.okr.visibility import Visibility
from okr_api.store.database import Database
from okr_api.store.feed_head import READ_HEAD
from okr_api.store.read_limit import LimitedConnection, run_statement
from okr_api.store.row_batcher import RowBatcher
from okr_api.store.work_meter import WorkMeter

from .answer_size import AnswerBudget

MAX_ROWS_READ = 200_000
TOO_MANY_ROWS = "One operation reads at most {} rows; ask for less at a time"
NOTHING = "select seq, exists({statement}) from feed_head where organization_id = $1"
AsOfValue = tuple[datetime, Any, int]  # the instant of the read, a row or None, and the feed's position then


class InconsistentRead(Exception):
    """Raised when something was committed between the statements of a response; read it again."""


class Snapshot:
    """Snapshot that opens with its first statement; every later one sees the same state, at one instant.

    Root fields run concurrently; their statements take turns on the one connection. Ids are hex digits.
    """

    dated = is_shadow = is_past = False
    principal: Principal | None = None
    statements = rows = past_reads = 0
    most_rows = MAX_ROWS_READ
    _open: AsyncExitStack | None = None
    _connection: LimitedConnection | None = None
    _seq: int | None = None
    _oldest_seq: int | None = None

    def __init__(
        self,
        database: Database,
        organization_id: UUID,
        *,
        visibility: Visibility,
        token_id: UUID | None = None,
        work: WorkMeter | None = None,
        answered_bytes: int = 0,
    ) -> None:
        self.database = database
        self.token_id = token_id
        self.organization_id = organization_id
        self.work = work or WorkMeter()
        self.visibility = visibility
        self.budget = AnswerBudget(answered_bytes)
        self._turn = asyncio.Lock()
        self.sharing, self.shared = asyncio.Lock(), dict[Any, Any]()  # reads that several fields share
        self.now = datetime.now(UTC)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, trace
        await self.close(fault)

    async def close(self, fault: BaseException | None = None) -> None:
        """Release the connection."""
        del fault
        async with self._turn:
            self._connection = None
            if self._open is not None:
                await self._open.aclose()

    async def begin(self) -> None:
        """Open the snapshot unless it is open, and load its position."""
        async with self._turn:
            await self._begin()

    async def _begin(self) -> LimitedConnection:
        if self._connection is None:
            self._open = AsyncExitStack()
            connection = await self._open.enter_async_context(
                self.database.reading_snapshot(self.organization_id, self.token_id)
            )
            await self._learn(connection)
            self._connection = connection
        return self._connection

    async def _learn(self, connection: LimitedConnection) -> int:
        """Return the feed's current position; use it as the snapshot's unless that has one."""
        head = await connection.fetchrow(READ_HEAD, self.organization_id)
        assert head is not None
        latest: int = head["seq"]
        self._oldest_seq = head["oldest_seq"]
        if self._seq is None:
            self._seq = latest
        return latest

    async def fetch(self, statement: str, *parameters: Any, dated: bool = False) -> list[Any]:
        """Return the rows; those of a dated statement have the feed's position in their last column.

        Raises:
            TooMany, StatementOutOfTime: by this statement, or by an earlier one of the same operation.
        """
        try:
            async with self._turn:
                if self.work.refusal is not None:
                    raise self.work.refusal
                rows = await self._rows(statement, parameters, dated=dated)
            self.statements += 1
            self.count(len(rows))
        except Refused as refusal:
            self.work.end_with(refusal)
            raise
        return rows

    def _run(
        self, connection: LimitedConnection, statement: str, *parameters: Any
    ) -> Coroutine[Any, Any, list[Any]]:
        arguments = (self.organization_id, *parameters)
        return run_statement(connection, statement, arguments, self.database.statement_clock, self.work)

    def count(self, rows: int) -> None:
        """Count rows that the operation has read; raise `TooMany` for more than 200,000."""
        self.rows += rows
        if self.rows > self.most_rows:
            raise self.work.end_with(TooMany(TOO_MANY_ROWS.format(self.most_rows)))

    async def _rows(self, statement: str, parameters: tuple[Any, ...], *, dated: bool) -> list[Any]:
        del dated
        return await self._run(await self._begin(), statement, *parameters)

    async def settle(self) -> None:
        """Check that all reads are consistent; in a transaction they always are."""

    async def connection(self) -> LimitedConnection:
        """Return the connection for the store's own statements, not to be used during `fetch`."""
        async with self._turn:
            return await self._begin()

    @property
    def seq(self) -> int:
        """Return the position of the feed at which all reads are true."""
        assert self._seq is not None
        return self._seq

    @property
    def position(self) -> int | None:
        """Return `seq`, or None if nothing was read."""
        return self._seq

    async def oldest_seq(self) -> int:
        """Return the first position that the feed still keeps."""
        async with self._turn:
            connection = await self._begin()
            if self._oldest_seq is None:
                await self._learn(connection)
            assert self._oldest_seq is not None
            return self._oldest_seq


class AutocommitSnapshot(Snapshot):
    """Snapshot without a transaction, for responses that take few statements.

    The first and the last statement return the feed's position. If both are equal, nothing was committed
    between them, and the whole response is true at it; otherwise `InconsistentRead` is raised.
    """

    dated = True
    row_batcher: RowBatcher[AsOfValue] | None = None  # batches reads of single rows, if set
    _latest: int | None = None

    def another(self) -> "AutocommitSnapshot":
        """Return a new one for all actors of the organisation with this visibility; bound to no token."""
        return AutocommitSnapshot(self.database, self.organization_id, visibility=self.visibility)

    @property
    def is_untouched(self) -> bool:
        """Return whether it has read nothing, has no position and holds no connection.

        Only then may it wait for a batched read: a connection held while waiting is unavailable to
        others, and a row that is read elsewhere may be newer than a position that was returned before.
        """
        return not self.statements and self._seq is None and self._connection is None

    def take(self, read: AsOfValue) -> Any:
        """Start with a row from a batched read, taking over its instant; return the row."""
        self.now, row, self._seq = read
        self._latest = self._seq
        self.statements += 1
        self.count(row is not None)
        return row

    async def begin(self) -> None:
        """Load the position."""
        async with self._turn:
            if self._seq is None:
                self._latest = await self._learn(await self._begin())

    async def _begin(self) -> LimitedConnection:
        is_cut = self._connection is not None and self._connection.read_limit.is_exceeded
        if is_cut:
            await self.close()
        if self._connection is None:
            self._connection = await self.database.take_reader(self.organization_id, self.token_id)
            self._connection.read_limit.renew(after_cut=is_cut)
        return self._connection

    async def close(self, fault: BaseException | None = None) -> None:
        """Release the connection, reporting the error that occurred while it was held."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self.database.give_back(connection, fault)

    async def _rows(self, statement: str, parameters: tuple[Any, ...], *, dated: bool) -> list[Any]:
        connection = await self._begin()
        if not dated and self._seq is None:
            await self._learn(connection)
        rows = await self._run(connection, statement, *parameters)
        self._latest = rows[0][-1] if dated and rows else None
        if self._seq is None:
            if not rows:
                self._latest = await self._learn_absence(connection, statement, *parameters)
            self._seq = self._latest
        return rows

    async def _learn_absence(self, connection: LimitedConnection, statement: str, *parameters: Any) -> int:
        """Return a position at which the statement finds nothing; else raise `InconsistentRead`."""
        [head] = await self._run(connection, NOTHING.format(statement=statement), *parameters)
        if head["exists"]:
            raise InconsistentRead
        position: int = head["seq"]
        return position

    async def settle(self) -> None:
        """Raise `InconsistentRead` if something was committed while reading."""
        if self.statements and self._latest is None:
            self._latest = await self._learn(await self._begin())
        if self.statements and self._latest != self._seq:
            raise InconsistentRead
