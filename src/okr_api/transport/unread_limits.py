"""Limit the bytes of events that the clients of a token together leave unread."""

from collections.abc import Hashable
from typing import Protocol

from okr_api.store.keyed_sums import KeyedSums

MAX_UNREAD_EVENT_BYTES_PER_TOKEN = 64 * 1024 * 1024
MIN_COUNTED_BYTES = 64 * 1024


class UnreadBytes(Protocol):
    """What is sent to a client that may not read it."""

    @property
    def unsent_bytes(self) -> int:
        """What the client has left unread, apart from what the system holds for it."""


class UnreadLimiter:
    """Counts what the clients of each key have left unread.

    Each is counted when something is sent to it; all of a key are counted anew where that seems too much.
    """

    def __init__(self) -> None:
        self.sums = KeyedSums()
        self._counted: dict[Hashable, dict[UnreadBytes, int]] = {}

    def is_within(self, key: Hashable, client: UnreadBytes, unread_before: int) -> bool:
        """Count a client to which something was sent; return whether it may stay.

        Beyond the limit those have to go that had left something unread before, beyond twice the limit all.
        """
        if client.unsent_bytes < MIN_COUNTED_BYTES:
            return True
        was_slow = unread_before >= MIN_COUNTED_BYTES
        most = MAX_UNREAD_EVENT_BYTES_PER_TOKEN * (1 if was_slow else 2)
        if self._count(key, client) <= most:
            return True
        for other in list(self._counted[key]):
            self._count(key, other)
        return self.sums.get(key, 0) <= most

    def forget(self, key: Hashable, client: UnreadBytes) -> None:
        """Count a client no more."""
        clients = self._counted.get(key)
        if clients is not None and client in clients:
            self.sums.add(key, -clients.pop(client))
            if not clients:
                del self._counted[key]

    def _count(self, key: Hashable, client: UnreadBytes) -> int:
        clients = self._counted.setdefault(key, {})
        size = client.unsent_bytes
        before, clients[client] = clients.get(client, 0), size
        return self.sums.add(key, size - before)
