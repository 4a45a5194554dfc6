"""Answering: a request that changes something is answered before those who look on are told of it."""

import asyncio
from contextvars import ContextVar
from time import monotonic

RESPONSE_TIMEOUT_S = 0.5


class PendingRequest:
    """A request under way; whoever has to come after it waits for its answer."""

    __slots__ = ("_answered", "_is_answered", "deadline")

    def __init__(self) -> None:
        self._is_answered = False
        self.deadline: float | None = None
        self._answered: asyncio.Future[None] | None = None

    def __enter__(self) -> "PendingRequest":
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


_under_way: ContextVar[PendingRequest | None] = ContextVar("under_way", default=None)


def current_request() -> PendingRequest | None:
    """The request that is being worked on here, where it is one."""
    return _under_way.get()


class PendingResponses:
    """The requests of one organisation that have changed something and are still to be answered.

    Each is waited for once, until `RESPONSE_TIMEOUT_S` after its first change: a client that reads slowly
    delays what others are told by no more than that, however many changes it makes.
    """

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], float] = {}

    def add(self, request: PendingRequest) -> None:
        """Remember a request until it is answered or has had its time."""
        now = monotonic()
        if request.deadline is None:
            request.deadline = now + RESPONSE_TIMEOUT_S
        if request.deadline > now and not request.answered.done():
            self._waiting[request.answered] = request.deadline
            request.answered.add_done_callback(self._forget)

    async def none_left(self) -> None:
        """Wait until those known now have been answered or have had their time."""
        if not self._waiting:
            return
        known = dict(self._waiting)
        left_s = max(known.values()) - monotonic()
        if left_s > 0:
            await asyncio.wait(known, timeout=left_s)
        for request in known:
            self._forget(request)

    def _forget(self, request: asyncio.Future[None]) -> None:
        self._waiting.pop(request, None)
