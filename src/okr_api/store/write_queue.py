"""Queue of writes: those of one organisation wait for each other without holding a connection.

They would queue on the organisation's locked head row anyway; a few of them would keep the connections
of all the others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from okr_api.okr.errors import Busy

MOST_WAITING_WRITES = 1_000
WRITE_TURN_TIMEOUT_S = 10.0


@dataclass(slots=True)
class _Line:
    """The writes of one organisation: one has its turn, the others wait in order of arrival."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0


class WriteQueue:
    """Gives each organisation one turn at a time, so that none holds more than one connection to write by."""

    def __init__(self) -> None:
        self._lines: dict[UUID, _Line] = {}

    @asynccontextmanager
    async def turn(self, organization_id: UUID) -> AsyncIterator[None]:
        """Hold the organisation's turn for as long as the context lasts.

        Raises: `Busy` when too many wait already, or the turn does not come in time.
        """
        line = self._lines.setdefault(organization_id, _Line())
        if line.length > MOST_WAITING_WRITES:
            raise Busy(f"{MOST_WAITING_WRITES} changes of this organisation are waiting; try again")
        line.length += 1
        try:
            await self._take(line.turn)
            try:
                yield
            finally:
                line.turn.release()
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[organization_id]

    @staticmethod
    async def _take(turn: asyncio.Lock) -> None:
        try:
            async with asyncio.timeout(WRITE_TURN_TIMEOUT_S):
                await turn.acquire()
        except TimeoutError:
            raise Busy(
                f"Other changes of this organisation have not ended within {WRITE_TURN_TIMEOUT_S:g} seconds. "
                "Nothing was done; try again"
            ) from None
