"""LRU cache limited in bytes and entries, with an optional TTL."""

from collections import OrderedDict
from collections.abc import Hashable
from time import monotonic
from typing import Generic, TypeVar

NEVER = float("inf")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """LRU cache; a value larger than the whole cache is not stored."""

    def __init__(self, max_entries: int, max_bytes: int, ttl_s: float = NEVER) -> None:
        self.max_entries, self.max_bytes, self.ttl_s = max_entries, max_bytes, ttl_s
        self.bytes = 0
        self._entries: OrderedDict[K, tuple[V, int, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of entries, including expired ones."""
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        """Return whether the cache has an entry for the key, expired or not."""
        return key in self._entries

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None if it is missing or expired."""
        found = self._entries.get(key)
        if found is None:
            return None
        if self.ttl_s < NEVER and monotonic() > found[2]:
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size_bytes: int) -> None:
        """Store a value and evict the least recently used ones beyond the limits."""
        self._remove(key)
        if size_bytes > self.max_bytes:
            return
        self._entries[key] = (value, size_bytes, monotonic() + self.ttl_s)
        self.bytes += size_bytes
        self._evict()

    def resize(self, key: K, size_bytes: int) -> None:
        """Update the size of a stored value; ignore a key that is no longer stored."""
        found = self._entries.get(key)
        if found is not None:
            self._entries[key] = (found[0], size_bytes, found[2])
            self.bytes += size_bytes - found[1]
            self._evict()

    def _evict(self) -> None:
        while self.bytes > self.max_bytes or len(self._entries) > self.max_entries:
            self._remove(next(iter(self._entries)))

    def _remove(self, key: K) -> None:
        removed = self._entries.pop(key, None)
        if removed is not None:
            self.bytes -= removed[1]
