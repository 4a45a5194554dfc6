"""Count the unread bytes of events of a token's clients, with a limit; `streamed_operation` drops clients."""

from collections.abc import Hashable
from typing import Protocol

from okr_api.store.keyed_sums import KeyedSums

MAX_UNREAD_EVENT_BYTES_PER_TOKEN = 64 * 1024 * 1024
MIN_COUNTED_BYTES = 64 * 1024


class UnreadBytes(Protocol):
    """Connection with a send buffer that its client may not read."""

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes that wait in this process to be sent; the system's buffers are not counted."""


class UnreadLimiter:
    """Unread bytes of the clients of each key, with a limit for each key.

    A client is counted when something is sent to it; all clients of a key are counted again if their sum
    exceeds the limit.
    """

    def __init__(self) -> None:
        self.sums = KeyedSums()
        self._counted: dict[Hashable, dict[UnreadBytes, int]] = {}

    def is_within(self, key: Hashable, client: UnreadBytes, unread_before: int) -> bool:
        """Count a client after something was sent to it; return whether it may stay connected.

        The limit holds for clients that had left `MIN_COUNTED_BYTES` unread before, twice the limit for all.
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
        """Stop counting a client."""
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
