"""Revalidate the tokens of open connections, and end connections whose token has expired or was revoked."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from okr_api.auth.authenticator import ActorLookup
from okr_api.graphql.context import Context

LOOKED_UP_AGAIN_S = 5.0

log = logging.getLogger(__name__)


class TokenHolder(Protocol):
    """WebSocket session or event stream that was opened with a token."""

    context: Context

    def forbid(self) -> None:
        """End the connection because its token is no longer valid."""


class TokenRevalidator:
    """Open connections of this process, whose tokens are looked up every `LOOKED_UP_AGAIN_S`."""

    def __init__(self) -> None:
        self.holders: set[TokenHolder] = set()

    @asynccontextmanager
    async def running(self, tokens: ActorLookup) -> AsyncIterator[None]:
        """Revalidate the tokens for as long as the context lasts."""
        watching = asyncio.create_task(self._watch(tokens))
        try:
            yield
        finally:
            watching.cancel()

    async def _watch(self, tokens: ActorLookup) -> None:
        while True:
            await asyncio.sleep(LOOKED_UP_AGAIN_S)
            carried = {one.context.token for one in self.holders if one.context.token is not None}
            try:
                actors = await tokens.actors(carried)
            except Exception as fault:  # noqa: BLE001  any failure is retried in the next round
                log.warning("Tokens of open connections could not be looked up: %s", type(fault).__name__)
                continue
            for holder in list(self.holders):
                if holder.context.token in carried and actors[holder.context.token] is None:
                    holder.forbid()
