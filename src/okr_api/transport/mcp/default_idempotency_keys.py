"""Idempotency keys of tool calls that send none: a repeated call within a stated time counts once."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from time import time
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.store.database import Database
from okr_api.store.idempotency_records import recorded_keys

REPEAT_WINDOW_S = 600  # a repeated call counts once for at least so long, and for less than twice as long


class DefaultIdempotencyKeys:
    """Idempotency keys derived from the token, the tool, its arguments and the time.

    Models and their clients retry a call without knowing whether the first was applied, and send no key. A
    key belongs to a window of `REPEAT_WINDOW_S`; the key of the window before is used while a mutation is
    recorded under it, so that a retry just after the end of a window is recognised as well. Processes need
    not know of each other: they derive the same keys.
    """

    def __init__(self, now: Callable[[], float] = time) -> None:
        self._now = now

    async def key_of(self, database: Database, actor: Actor, tool: str, arguments: Mapping[str, Any]) -> str:
        """Return the key of a call now; the arguments are coerced, so that 5 and 5.0 are the same number."""
        called = json.dumps([str(actor.token_id), tool, arguments], sort_keys=True, default=str)
        digest, window = sha256(called.encode()).hexdigest(), int(self._now() // REPEAT_WINDOW_S)
        current, previous = (f"mcp-{digest}-{number}" for number in (window, window - 1))
        async with database.of(actor.organization_id) as connection:
            found = await recorded_keys(connection, actor.organization_id, actor.owner, [previous])
        return previous if found else current
