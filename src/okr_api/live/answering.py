"""Answering: a request that changes something is answered before those who look on are told of it."""

import asyncio
from contextvars import ContextVar

ANSWERED_WITHIN_S = 0.5


class UnderWay:
    """A request under way; whoever has to come after it waits for its answer."""

    __slots__ = ("_answered", "_is_answered")

    def __init__(self) -> None:
        self._is_answered = False
        self._answered: asyncio.Future[None] | None = None

    def __enter__(self) -> "UnderWay":
        _under_way.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_answered = True
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)

    @property
    def answered(self) -> "asyncio.Future[None]":
        """Done as soon as the answer has been handed to the connection."""
        if self._answered is None:
            self._answered = asyncio.get_running_loop().create_future()
            if self._is_answered:
                self._answered.set_result(None)
        return self._answered


_under_way: ContextVar[UnderWay | None] = ContextVar("under_way", default=None)


def under_way() -> UnderWay | None:
    """The request that is being worked on here, where it is one."""
    return _under_way.get()


class Unanswered:
    """The requests of one organisation that have changed something and are still to be answered."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def add(self, request: UnderWay) -> None:
        """Remembers a request until it is answered."""
        if not request.answered.done():
            self._waiting.add(request.answered)
            request.answered.add_done_callback(self._waiting.discard)

    async def none_left(self) -> None:
        """Waits until those known now have been answered, half a second at most: nobody holds up others."""
        if self._waiting:
            await asyncio.wait(set(self._waiting), timeout=ANSWERED_WITHIN_S)
