"""Response barrier: requests that made changes; subscribers are notified after these have their responses."""

import asyncio
from time import monotonic

from .current_request import PendingRequest

RESPONSE_TIMEOUT_S = 0.5


class PendingResponses:
    """Requests of one organisation that have made changes and are waiting for their responses.

    Each is waited for once, until `RESPONSE_TIMEOUT_S` after its first change: a client that reads slowly
    delays notifications by no more than that, however many changes it makes.
    """

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], float] = {}

    def add(self, request: PendingRequest) -> None:
        """Add a request until it has its response or its deadline has passed."""
        now = monotonic()
        if request.deadline is None:
            request.deadline = now + RESPONSE_TIMEOUT_S
        if request.deadline > now and not request.answered.done():
            self._waiting[request.answered] = request.deadline
            request.answered.add_done_callback(self._forget)

    async def none_left(self) -> None:
        """Wait until the requests known now have their responses or their deadlines have passed."""
        if not self._waiting:
            return
        known = dict(self._waiting)
        left_s = max(known.values()) - monotonic()
        if left_s > 0:
            await asyncio.wait(known, timeout=left_s)
        for request in known:
            self._forget(request)

    def _forget(self, request: asyncio.Future[None]) -> None:
        self._waiting.pop(request, None)
