"""Watch the tokens of open connections, and end those whose tokens have expired or were revoked."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from okr_api.auth.tokens import TokenStore
from okr_api.graphql.context import Context

LOOKED_UP_AGAIN_S = 5.0

log = logging.getLogger(__name__)


class TokenHolder(Protocol):
    """A websocket or an event stream."""

    context: Context

    def forbid(self) -> None:
        """End the connection because its token is no longer known."""


class TokenRevalidator:
    """The open connections of this process, looked over every few seconds."""

    def __init__(self) -> None:
        self.holders: set[TokenHolder] = set()

    @asynccontextmanager
    async def running(self, tokens: TokenStore) -> AsyncIterator[None]:
        """Watch for as long as the context lasts."""
        watching = asyncio.create_task(self._watch(tokens))
        try:
            yield
        finally:
            watching.cancel()

    async def _watch(self, tokens: TokenStore) -> None:
        while True:
            await asyncio.sleep(LOOKED_UP_AGAIN_S)
            carried = {one.context.token for one in self.holders if one.context.token is not None}
            try:
                actors = await tokens.actors(carried)
            except Exception as fault:  # noqa: BLE001  whatever it is, there is a next time
                log.warning("Tokens of open connections could not be looked up: %s", type(fault).__name__)
                continue
            for holder in list(self.holders):
                if holder.context.token in carried and actors[holder.context.token] is None:
                    holder.forbid()
