"""Current request: the request of the context, its id, and a future that is done once it has its response."""

import asyncio
from contextvars import ContextVar

import uuid_utils


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
