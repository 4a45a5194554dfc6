"""Allowances: how much each token may ask for, so that none takes what others need.

A leaky bucket for each token: what its operations cost is poured in, and leaks out at a constant rate. While
it is full, nothing more is taken. Each process keeps its own.
"""

from math import ceil
from time import monotonic
from uuid import UUID

from .admission_control import RateLimited

DEFAULT_RATE = 50_000
BURST_S = 20
MAX_BUCKETS = 10_000
SPENT = "This token has asked for more than its share lately"


class RateLimiter:
    """What tokens have spent lately; with a rate of 0 nobody has to wait.

    *Units*: the rate is in cost a second (`graphql/query_cost.py`); a bucket holds what leaks in 20 seconds.
    """

    def __init__(self, rate: int = DEFAULT_RATE) -> None:
        self.rate = rate
        self.most = rate * BURST_S
        self._spent: dict[UUID, tuple[float, float]] = {}

    def reserve(self, token_id: UUID, cost: int, prepared_for: int = 0) -> None:
        """Charge an operation to the token's bucket, which may overflow by one operation and no more.

        `prepared_for` is what has been charged for preparing this operation.

        Raises:
            RateLimited: the bucket was full before.
        """
        self.check(token_id, prepared_for)
        self.spend(token_id, cost)

    def check(self, token_id: UUID, of_its_own: int = 0) -> None:
        """Raise `RateLimited` while the token's bucket is full, apart from what is the operation's own."""
        if token_id in self._spent and (wait_s := self.wait_s(token_id, of_its_own)):
            raise RateLimited(SPENT, ceil(wait_s))

    def spend(self, token_id: UUID, cost: float) -> None:
        """Charge a cost, which may be more than there is room for; a negative one is given back."""
        if self.rate and cost:
            now = monotonic()
            spent = max(self._left_in(token_id, now) + cost, 0.0)
            if token_id not in self._spent and len(self._spent) >= MAX_BUCKETS:
                self._forget(now)
            self._spent[token_id] = (spent, now)

    def wait_s(self, token_id: UUID, of_its_own: int = 0) -> float:
        """The seconds until the token may ask for more; 0 where it may now."""
        if not self.rate or token_id not in self._spent:
            return 0.0
        over = self._left_in(token_id, monotonic()) - self.most - of_its_own
        return max(over / self.rate, 0.0)

    def _left_in(self, token_id: UUID, now: float) -> float:
        spent, since = self._spent.get(token_id, (0.0, now))
        return max(spent - (now - since) * self.rate, 0.0)

    def _forget(self, now: float) -> None:
        """Forgets the tokens whose buckets are empty; where none is, all."""
        kept = {id: known for id, known in self._spent.items() if self._left_in(id, now) > 0}
        self._spent = kept if len(kept) < MAX_BUCKETS else {}
