"""Counters with limits: connections per process and address; sockets, operations and bytes per token."""

import resource
from collections import Counter
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_address

from okr_api.transport.body_limits import BodyLimiter
from okr_api.transport.unread_limits import UnreadLimiter

MAX_CONNECTIONS = 4_000
MAX_CONNECTIONS_PER_ADDRESS = 2_000
MAX_SOCKETS_PER_TOKEN = 1_000
MAX_OPERATIONS_PER_TOKEN = 1_000
MAX_DOCUMENTS_PER_TOKEN = 100
MAX_OPERATION_BYTES_PER_TOKEN = 32 * 1024 * 1024
MAX_OPERATION_BYTES = 256 * 1024 * 1024
SHARE_OF_ADDRESS = 0.75  # of all connections: one address leaves room for others
RESERVED_DESCRIPTORS = 200  # for the database, files and listening sockets
CONNECTIONS = "okr.connections"  # key of the limiter in the lifespan state


class OpenLimiter:
    """Counter of what is open for each key, with a limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open: Counter[Hashable] = Counter()

    def acquire(self, key: Hashable) -> bool:
        """Count one more; return False if the limit is reached."""
        if self.open[key] >= self.most:
            return False
        self.open[key] += 1
        return True

    def release(self, key: Hashable) -> None:
        """Count one less; the last one removes the key."""
        self.open[key] -= 1
        if not self.open[key]:
            del self.open[key]


class DistinctLimiter:
    """Counter of the distinct values that are open for each key, with a limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open: dict[Hashable, Counter[Hashable]] = {}

    def acquire(self, key: Hashable, value: Hashable) -> bool:
        """Count a value; return False if it would be one distinct value too many."""
        values = self.open.get(key, Counter())
        if value not in values and len(values) >= self.most:
            return False
        values[value] += 1
        self.open[key] = values
        return True

    def is_open(self, key: Hashable, value: Hashable) -> bool:
        """Return whether the value is open for the key."""
        return value in self.open.get(key, ())

    def release(self, key: Hashable, value: Hashable) -> None:
        """Count a value once less; values and keys without any are removed."""
        values = self.open[key]
        values[value] -= 1
        if not values[value]:
            del values[value]
        if not values:
            del self.open[key]


class BytesLimiter:
    """Counter of the bytes held for each key, with a limit for each key and one for all."""

    def __init__(self, most: int, most_in_all: int) -> None:
        self.most, self.most_in_all = most, most_in_all
        self.held: Counter[Hashable] = Counter()

    def acquire(self, key: Hashable, size: int) -> bool:
        """Count more bytes; return False if they exceed a limit."""
        if self.held[key] + size > self.most or self.held.total() + size > self.most_in_all:
            return False
        self.held[key] += size
        return True

    def release(self, key: Hashable, size: int) -> None:
        """Count fewer bytes."""
        self.held[key] -= size
        if not self.held[key]:
            del self.held[key]


class TokenLimiters:
    """Limiters of what the tokens of a process have open."""

    def __init__(self) -> None:
        self.bodies = BodyLimiter()
        self.sockets = OpenLimiter(MAX_SOCKETS_PER_TOKEN)
        self.operations = OpenLimiter(MAX_OPERATIONS_PER_TOKEN)
        self.documents = DistinctLimiter(MAX_DOCUMENTS_PER_TOKEN)
        self.unread = UnreadLimiter()
        self.bytes = BytesLimiter(MAX_OPERATION_BYTES_PER_TOKEN, MAX_OPERATION_BYTES)


class ConnectionLimiter:
    """Limiter of open connections; `most` 0 means file descriptors only, `most_per_address` 0 no limit."""

    def __init__(self, most: int, most_per_address: int) -> None:
        room = max(resource.getrlimit(resource.RLIMIT_NOFILE)[0] - RESERVED_DESCRIPTORS, 1)
        self.most = min(most or room, room)
        share = max(int(self.most * SHARE_OF_ADDRESS), 1)
        self._by_address = OpenLimiter(min(most_per_address, share) if most_per_address else self.most)

    def acquire(self, address: str) -> bool:
        """Count one more connection of an address; return False if a limit is reached."""
        return self._by_address.open.total() < self.most and self._by_address.acquire(network_of(address))

    def release(self, address: str) -> None:
        """Count one connection of an address less."""
        self._by_address.release(network_of(address))


def network_of(address: str) -> str:
    """Return the address, or for IPv6 its /64 network, which is what one client has."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or parsed.packed[:8].hex())
    return str(parsed)
