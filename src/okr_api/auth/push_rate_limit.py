"""Rate limit for subscription events, apart from requests: charge subscribers' tokens, delay those in debt.

The bucket is separate from that for requests: events delay only events. Nothing is lost by a delay, as
subscriptions read the feed from their own position.
"""

import asyncio
from collections.abc import Iterable, Mapping
from uuid import UUID

from .rate_limit import DEFAULT_RATE, RateLimiter

EVENT_COST = 1  # per subscriber
EVENT_BYTES_PER_COST = 16 * 1024
EXECUTION_COST = 50  # per event, divided among the tokens that share the execution
MAX_DEBT_WAIT_S = 5.0


class PushRateLimiter:
    """Rate limiter for the events pushed to the subscribers of each token."""

    def __init__(self, rate: int = DEFAULT_RATE) -> None:
        self.rate_limiter = RateLimiter(rate)

    def charge(self, subscribers: Mapping[UUID, int], payload_bytes: int) -> None:
        """Charge an event to tokens, given the subscribers of each; the tokens share the execution cost."""
        each = EVENT_COST + payload_bytes // EVENT_BYTES_PER_COST
        for token_id, count in subscribers.items():
            self.rate_limiter.consume(token_id, count * each + EXECUTION_COST // len(subscribers))

    def charge_scan(self, token_id: UUID, changes: int) -> None:
        """Charge changes that were filtered for one subscriber alone."""
        self.rate_limiter.consume(token_id, changes)

    async def wait(self, token_ids: Iterable[UUID]) -> None:
        """Wait while all the tokens are in debt, for at most `MAX_DEBT_WAIT_S`."""
        wait_s = min((self.rate_limiter.retry_after_s(id) for id in token_ids), default=0.0)
        if wait_s:
            await asyncio.sleep(min(wait_s, MAX_DEBT_WAIT_S))
