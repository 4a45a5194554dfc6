"""Rate limiting: leaky buckets of operations' cost, one per API token, in the memory of each process.

The cost of operations is added to the token's bucket, which drains at a constant rate. While the bucket
is full, operations of the token are rejected.
"""

from math import ceil
from time import monotonic
from uuid import UUID

from .admission_control import RateLimited

DEFAULT_RATE = 50_000
BURST_S = 20
MAX_BUCKETS = 10_000
SPENT = "This token has exceeded its rate limit"


class RateLimiter:
    """Leaky buckets by token; a rate of 0 disables the limit.

    The rate is in cost per second (`graphql/query_cost.py`); a bucket holds what drains in `BURST_S`.
    """

    def __init__(self, rate: int = DEFAULT_RATE) -> None:
        self.rate = rate
        self.most = rate * BURST_S
        self._spent: dict[UUID, tuple[float, float]] = {}

    def reserve(self, token_id: UUID, cost: int, prepared_for: int = 0) -> None:
        """Charge an operation to the token's bucket, which may overflow by one operation and no more.

        `prepared_for` is what has already been charged for preparing this operation.

        Raises:
            RateLimited: the bucket was already full.
        """
        self.check(token_id, prepared_for)
        self.consume(token_id, cost)

    def check(self, token_id: UUID, of_its_own: int = 0) -> None:
        """Raise `RateLimited` while the token's bucket is full, not counting `of_its_own`."""
        if wait_s := self.retry_after_s(token_id, of_its_own):
            raise RateLimited(SPENT, ceil(wait_s))

    def consume(self, token_id: UUID, cost: float) -> None:
        """Charge a cost to the token's bucket, which may overflow; a negative cost is a refund."""
        if self.rate and cost:
            now = monotonic()
            spent = max(self._left_in(token_id, now) + cost, 0.0)
            if token_id not in self._spent and len(self._spent) >= MAX_BUCKETS:
                self._forget(now)
            self._spent[token_id] = (spent, now)

    def retry_after_s(self, token_id: UUID, of_its_own: int = 0) -> float:
        """Return the seconds until the token's bucket has room; 0 if it has room now."""
        if not self.rate or token_id not in self._spent:
            return 0.0
        over = self._left_in(token_id, monotonic()) - self.most - of_its_own
        return max(over / self.rate, 0.0)

    def quota(self, token_id: UUID) -> tuple[int, int]:
        """Return the cost that the token's bucket has room for, and the seconds until it is empty.

        While it is full, there is no room, and the seconds are those until there is: `retry_after_s`. Else
        there is room for 1 at least, as the bucket may overflow.
        """
        known = self._spent.get(token_id)
        spent = 0.0 if known is None else known[0] - (monotonic() - known[1]) * self.rate
        if spent <= 0:
            return self.most, 0
        over = spent - self.most
        return (0, ceil(over / self.rate)) if over > 0 else (max(int(-over), 1), ceil(spent / self.rate))

    def _left_in(self, token_id: UUID, now: float) -> float:
        spent, since = self._spent.get(token_id, (0.0, now))
        return max(spent - (now - since) * self.rate, 0.0)

    def _forget(self, now: float) -> None:
        """Remove empty buckets, or all of them if none is empty."""
        kept = {id: known for id, known in self._spent.items() if self._left_in(id, now) > 0}
        self._spent = kept if len(kept) < MAX_BUCKETS else {}
