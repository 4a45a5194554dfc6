"""Limit the bytes of request bodies that are held at a time, by token and in all."""

from collections.abc import Hashable

from starlette.types import Message, Receive

from okr_api.auth.admission_control import AdmissionRejected, Overloaded, RateLimited
from okr_api.store.keyed_sums import KeyedSums

MAX_BODY_BYTES = 1024 * 1024
MAX_BODY_BYTES_PER_TOKEN = 16 * 1024 * 1024
MAX_BODY_BYTES_IN_FLIGHT = 64 * 1024 * 1024
MIN_BODY_BYTES_PER_TOKEN = 1024 * 1024  # that a token may hold whatever others hold
UNCOUNTED_BODY_BYTES = 4 * 1024  # of a request: there are 4,000 connections at most


class TooLarge(Exception):
    """The body of a request is larger than 1 MiB."""


class BodyLimiter:
    """The bytes of bodies that have arrived, whole or in part, and whose requests are not over."""

    def __init__(self) -> None:
        self.held = 0
        self.refused = 0
        self._by_token = KeyedSums()

    def add(self, token: Hashable, size: int) -> None:
        """Count so many bytes more, which are to be removed also where they are refused.

        Raises:
            AdmissionRejected: the token holds too many, or more than a little while there are too many in all.
        """
        self.held += size
        held = self._by_token.add(token, size)
        if held > MIN_BODY_BYTES_PER_TOKEN:
            self._check(held)

    def remove(self, token: Hashable, size: int) -> None:
        """Count so many bytes less."""
        self.held -= size
        self._by_token.add(token, -size)

    def _check(self, held: int) -> None:
        refusal: AdmissionRejected | None = None
        if held > MAX_BODY_BYTES_PER_TOKEN:
            what = f"The requests of a token hold at most {MAX_BODY_BYTES_PER_TOKEN} bytes at a time"
            refusal = RateLimited(what)
        elif self.held > MAX_BODY_BYTES_IN_FLIGHT:
            refusal = Overloaded(
                "The server is busy: it holds too many requests. Nothing was done; try again"
            )
        if refusal is not None:
            self.refused += 1
            raise refusal


class HeldBody:
    """Receives the body of one request; what is more than a little counts until the request is over."""

    __slots__ = ("_counted", "_limiter", "_receive", "_size", "_token")

    def __init__(self, limiter: BodyLimiter, token: Hashable, receive: Receive) -> None:
        self._limiter, self._token, self._receive = limiter, token, receive
        self._size = self._counted = 0

    async def receive(self) -> Message:
        """Receive the next part: a length that was announced may be wrong.

        Raises:
            TooLarge: there is more than a request may have.
            AdmissionRejected: the token, or all together, hold too much.
        """
        message = await self._receive()
        if part := message.get("body"):
            self._size += len(part)
            if self._size > UNCOUNTED_BODY_BYTES:
                self._count()
        return message

    def _count(self) -> None:
        more, self._counted = self._size - self._counted, self._size
        self._limiter.add(self._token, more)
        if self._size > MAX_BODY_BYTES:
            raise TooLarge

    def release(self) -> None:
        """Hold it no longer; again, it does nothing."""
        counted, self._counted = self._counted, 0
        if counted:
            self._limiter.remove(self._token, counted)
