"""HTTP sender: one POST with a time limit to a permitted address; only the response's status counts."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from httpcore2 import (
    AsyncConnectionPool,
    NetworkError,
    ProtocolError,
    Response,
    TimeoutException,
    UnsupportedProtocol,
    default_ssl_context,
)

from okr_api.okr.webhook import AttemptOutcome
from okr_api.services.webhook_urls import AddressPolicy

from .guarded_backend import AddressNotAllowed, GuardedBackend, Resolver, resolve

DELIVERY_TIMEOUT_S = 10.0  # of an attempt, from looking up the name to the end of the response
MAX_RESPONSE_BYTES = 64 * 1024  # that are read, so that the connection can be used again; else it is closed
MAX_KEPT_CONNECTIONS = 32
KEPT_CONNECTION_S = 15.0
UNREACHABLE = (NetworkError, ProtocolError, TimeoutException, UnsupportedProtocol, OSError, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending a payload; without a `status` there was no response."""

    outcome: AttemptOutcome
    status: int | None = None


class HttpSender:
    """Sender of payloads, with a connection pool for each scheme; without redirects and proxies."""

    def __init__(self, pools: Mapping[str, AsyncConnectionPool]) -> None:
        self._pools = pools

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        policy: AddressPolicy,
        *,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> AsyncIterator["HttpSender"]:
        """Open a sender; close its connections when the context ends."""

        def pool(scheme: str, **more: Any) -> AsyncConnectionPool:
            return AsyncConnectionPool(
                network_backend=GuardedBackend(policy, scheme, resolver),
                max_connections=None,
                max_keepalive_connections=MAX_KEPT_CONNECTIONS,
                keepalive_expiry=KEPT_CONNECTION_S,
                **more,
            )

        async with (
            pool("http") as plain,
            pool("https", ssl_context=tls or default_ssl_context()) as encrypted,
        ):
            yield cls({"http": plain, "https": encrypted})

    async def send(self, url: str, headers: Mapping[str, str], payload: bytes) -> Attempt:
        """Send a payload and return what came of it, within `DELIVERY_TIMEOUT_S`."""
        status: int | None = None
        outcome = AttemptOutcome.UNREACHABLE
        try:
            async with (
                asyncio.timeout(DELIVERY_TIMEOUT_S),
                self._pools[url.partition(":")[0].lower()].stream(
                    "POST", url, headers=list(headers.items()), content=payload
                ) as response,
            ):
                status = response.status
                await _drain(response)
        except TimeoutError:
            outcome = AttemptOutcome.TIMED_OUT
        except AddressNotAllowed:
            outcome = AttemptOutcome.ADDRESS_NOT_ALLOWED
        except UNREACHABLE:
            outcome = AttemptOutcome.UNREACHABLE
        if status is not None:  # the rest of the response does not matter
            is_success = 200 <= status < 300
            outcome = AttemptOutcome.DELIVERED if is_success else AttemptOutcome.REJECTED
        return Attempt(outcome, status)


async def _drain(response: Response) -> None:
    """Read the body of a response to its end, or up to `MAX_RESPONSE_BYTES`."""
    left = MAX_RESPONSE_BYTES
    async for chunk in response.aiter_stream():
        left -= len(chunk)
        if left < 0:
            return
