"""Response barrier: request of the context, with its id; subscribers are notified after its response."""

import asyncio
from contextvars import ContextVar
from time import monotonic

import uuid_utils

RESPONSE_TIMEOUT_S = 0.5


def new_request_id() -> str:
    """Return a UUIDv7, in its text form."""
    return str(uuid_utils.uuid7())


class PendingRequest:
    """Request in flight, as a context manager; notifications wait for its response.

    `id` names it in the audit trail; without one it gets a UUIDv7.
    """

    __slots__ = ("_answered", "_is_answered", "deadline", "id")

    def __init__(self, id: str | None = None) -> None:
        self.id = id or new_request_id()
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
        """Return a future that is done as soon as the response has been handed to the connection."""
        if self._answered is None:
            self._answered = asyncio.get_running_loop().create_future()
            if self._is_answered:
                self._answered.set_result(None)
        return self._answered


_under_way: ContextVar[PendingRequest | None] = ContextVar("under_way", default=None)


def current_request() -> PendingRequest | None:
    """Return the request of the current context; None outside a request."""
    return _under_way.get()


def current_request_id() -> str | None:
    """Return the id of the request of the current context; None outside a request."""
    request = _under_way.get()
    return request.id if request else None


class PendingResponses:
    """Requests of one organisation that have made changes and are waiting for their responses.

    Each is waited for once, until `RESPONSE_TIMEOUT_S` after its first change: a client that reads slowly
    delays notifications by no more than that, however many changes it makes.
    """

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], float] = {}

    def add(self, request: PendingRequest) -> None:
        """Add a request until it has its response or its deadline has passed."""
        now = monotonic()
        if request.deadline is None:
            request.deadline = now + RESPONSE_TIMEOUT_S
        if request.deadline > now and not request.answered.done():
            self._waiting[request.answered] = request.deadline
            request.answered.add_done_callback(self._forget)

    async def none_left(self) -> None:
        """Wait until the requests known now have their responses or their deadlines have passed."""
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
