"""Limit the bytes of request bodies in memory: of one request, per token and per process."""

from collections.abc import Hashable

from starlette.types import Message, Receive

from okr_api.auth.admission_control import AdmissionRejected, Overloaded, RateLimited
from okr_api.store.keyed_sums import KeyedSums

MAX_BODY_BYTES = 1024 * 1024
MAX_BODY_BYTES_PER_TOKEN = 16 * 1024 * 1024
MAX_BODY_BYTES_IN_FLIGHT = 64 * 1024 * 1024
MIN_BODY_BYTES_PER_TOKEN = 1024 * 1024  # available to each token, whatever others hold
UNCOUNTED_BODY_BYTES = 4 * 1024  # of a request: the number of connections is limited


class TooLarge(Exception):
    """Request body larger than 1 MiB."""


class BodyLimiter:
    """Count of the bytes of bodies, complete or not, whose requests are in flight."""

    def __init__(self) -> None:
        self.held = 0
        self.refused = 0
        self._by_token = KeyedSums()

    def add(self, token: Hashable, size: int) -> None:
        """Add bytes; the caller removes them later, even if this raises.

        Raises:
            AdmissionRejected: the token holds too many bytes, or the process does and the token more than
                `MIN_BODY_BYTES_PER_TOKEN`.
        """
        self.held += size
        held = self._by_token.add(token, size)
        if held > MIN_BODY_BYTES_PER_TOKEN:
            self._check(held)

    def remove(self, token: Hashable, size: int) -> None:
        """Remove bytes."""
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
    """Body of one request; one larger than `UNCOUNTED_BODY_BYTES` counts until the request is over."""

    __slots__ = ("_counted", "_limiter", "_receive", "_size", "_token")

    def __init__(self, limiter: BodyLimiter, token: Hashable, receive: Receive) -> None:
        self._limiter, self._token, self._receive = limiter, token, receive
        self._size = self._counted = 0

    async def receive(self) -> Message:
        """Receive the next message, counting body bytes because Content-Length may be wrong.

        Raises:
            TooLarge: the body exceeds `MAX_BODY_BYTES`.
            AdmissionRejected: the token or the process holds too many bytes.
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
        """Remove the counted bytes; further calls do nothing."""
        counted, self._counted = self._counted, 0
        if counted:
            self._limiter.remove(self._token, counted)
