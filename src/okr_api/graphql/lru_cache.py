"""LRU cache bounded in bytes and in number, whose entries may expire."""

from collections import OrderedDict
from collections.abc import Hashable
from time import monotonic
from typing import Generic, TypeVar

NEVER = float("inf")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Keeps the entries used last; one larger than the cache is not kept."""

    def __init__(self, max_entries: int, max_bytes: int, ttl_s: float = NEVER) -> None:
        self.max_entries, self.max_bytes, self.ttl_s = max_entries, max_bytes, ttl_s
        self.bytes = 0
        self._entries: OrderedDict[K, tuple[V, int, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many entries are kept."""
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        """Return whether a key is kept, expired or not."""
        return key in self._entries

    def get(self, key: K) -> V | None:
        """Return the value of a key that is kept and has not expired."""
        found = self._entries.get(key)
        if found is None:
            return None
        if self.ttl_s < NEVER and monotonic() > found[2]:
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size_bytes: int) -> None:
        """Keep a value, and evict those used longest ago where there is no room."""
        self._remove(key)
        if size_bytes > self.max_bytes:
            return
        self._entries[key] = (value, size_bytes, monotonic() + self.ttl_s)
        self.bytes += size_bytes
        self._evict()

    def resize(self, key: K, size_bytes: int) -> None:
        """Say that a value has grown; one that is not kept any more is left alone."""
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
