"""Rate limit for what is pushed: events cost their subscribers' tokens, and a token in debt has to wait.

The bucket is another one than that of requests: what is pushed delays nothing but what is pushed. Nothing is
lost meanwhile, as subscriptions read the feed from their own position.
"""

import asyncio
from collections.abc import Iterable, Mapping
from uuid import UUID

from .rate_limit import DEFAULT_RATE, RateLimiter

EVENT_COST = 1  # for each subscriber
EVENT_BYTES_PER_COST = 16 * 1024
EXECUTION_COST = 50  # for what an event says, once for all who share it
MAX_DEBT_WAIT_S = 5.0


class PushRateLimiter:
    """What has been pushed lately to the subscribers of each token."""

    def __init__(self, rate: int = DEFAULT_RATE) -> None:
        self.rate_limiter = RateLimiter(rate)

    def charge(self, subscribers: Mapping[UUID, int], payload_bytes: int) -> None:
        """Charge an event to the tokens, of which each has so many subscribers; they share its execution."""
        each = EVENT_COST + payload_bytes // EVENT_BYTES_PER_COST
        for token_id, count in subscribers.items():
            self.rate_limiter.spend(token_id, count * each + EXECUTION_COST // len(subscribers))

    def charge_scan(self, token_id: UUID, changes: int) -> None:
        """Charge changes that were looked through for one subscriber alone."""
        self.rate_limiter.spend(token_id, changes)

    async def wait(self, token_ids: Iterable[UUID]) -> None:
        """Wait while all the tokens are in debt, until the first is not, or for `MAX_DEBT_WAIT_S`."""
        wait_s = min((self.rate_limiter.wait_s(id) for id in token_ids), default=0.0)
        if wait_s:
            await asyncio.sleep(min(wait_s, MAX_DEBT_WAIT_S))
