"""Write queue: writes of one organisation wait for each other without holding a connection.

They would queue on the organisation's locked head row anyway, and a few of them would occupy the connections
that other organisations need.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from uuid import UUID

from okr_api.okr.errors import Busy

MAX_WAITING_WRITES = 1_000
WRITE_TURN_TIMEOUT_S = 10.0


@dataclass(slots=True)
class _Line:
    """Queue of one organisation: one write has its turn, the others wait in order of arrival."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0


class _Turn(AbstractAsyncContextManager[None]):
    """Context manager for one write's turn in its organisation's queue."""

    __slots__ = ("_line", "_lines", "_organization_id")

    def __init__(self, lines: dict[UUID, _Line], organization_id: UUID) -> None:
        self._lines, self._organization_id = lines, organization_id

    async def __aenter__(self) -> None:
        self._line = line = self._lines.setdefault(self._organization_id, _Line())
        if line.length > MAX_WAITING_WRITES:
            raise Busy(f"{MAX_WAITING_WRITES} changes of this organisation are waiting; try again")
        line.length += 1
        try:
            if line.length == 1:  # no other write has the turn or waits for it
                await line.turn.acquire()
            else:
                await self._wait(line.turn)
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._line.turn.release()
        self._leave()

    def _leave(self) -> None:
        self._line.length -= 1
        if not self._line.length:
            del self._lines[self._organization_id]

    @staticmethod
    async def _wait(turn: asyncio.Lock) -> None:
        try:
            async with asyncio.timeout(WRITE_TURN_TIMEOUT_S):
                await turn.acquire()
        except TimeoutError:
            raise Busy(
                f"Other changes of this organisation have not ended within {WRITE_TURN_TIMEOUT_S:g} seconds. "
                "Nothing was done; try again"
            ) from None


class WriteQueue:
    """Queues that give each organisation one turn at a time, so that none holds two write connections."""

    def __init__(self) -> None:
        self._lines: dict[UUID, _Line] = {}

    def turn(self, organization_id: UUID) -> AbstractAsyncContextManager[None]:
        """Return a context manager that holds the organisation's turn.

        Raises:
            Busy: on entering, if too many wait already or the turn does not come in time.
        """
        return _Turn(self._lines, organization_id)
