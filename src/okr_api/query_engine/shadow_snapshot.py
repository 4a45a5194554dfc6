"""Snapshots of shadow tables: of the past, and of a simulation; the same statements read them."""

from datetime import datetime
from typing import Any

from okr_api.store.past_positions import PastPosition
from okr_api.store.read_limit import LimitedConnection

from .snapshot import Snapshot


class ShadowSnapshot(Snapshot):
    """Snapshot of a connection whose shadow tables are filled; its instant is that of the rows.

    What it reads counts for the operation that `asking` belongs to: rows, bytes and the statements' time.
    """

    is_shadow = True

    def __init__(self, asking: Snapshot, connection: LimitedConnection, position: PastPosition) -> None:
        super().__init__(
            asking.database,
            asking.organization_id,
            visibility=asking.visibility,
            token_id=asking.token_id,
            work=asking.work,
        )
        self.principal, self.most_rows = asking.principal, asking.most_rows
        self.budget = asking.budget
        self.now: datetime = position.at
        self._connection, self._seq, self._oldest_seq = connection, position.seq, position.oldest_seq

    async def close(self, fault: BaseException | None = None) -> None:
        """Do nothing: the caller that has filled the tables holds the connection."""
        del fault

    async def _begin(self) -> LimitedConnection:
        assert self._connection is not None
        return self._connection

    async def _rows(self, statement: str, parameters: tuple[Any, ...], *, dated: bool) -> list[Any]:
        del dated
        return await self._run(await self._begin(), statement, *parameters)


class PastSnapshot(ShadowSnapshot):
    """Snapshot of an organisation as of an instant, in which nobody can do anything."""

    is_past = True
