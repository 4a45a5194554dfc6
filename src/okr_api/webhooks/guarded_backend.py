"""Network backend of the HTTP client: resolve a host, check every address, and connect to a checked one.

The client asks it for each connection, so what a name leads to is checked as it is then. TLS is with the name
of the host, whichever address it has.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from httpcore2 import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from okr_api.services.webhook_urls import AddressPolicy

MAX_RESOLVING = 64  # hosts at a time, in threads of their own: a slow name server delays nothing else
MAX_ADDRESSES_TRIED = 4
THREADS = ThreadPoolExecutor(max_workers=MAX_RESOLVING, thread_name_prefix="resolve")

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class AddressNotAllowed(Exception):
    """Raised before a connection to a host that has an address which is not permitted."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, in the order to try them; raises `OSError` if it has none."""

    def look_up() -> Sequence[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    return await asyncio.get_running_loop().run_in_executor(THREADS, look_up)


class GuardedBackend(AsyncNetworkBackend):
    """Network backend that connects to addresses which the policy permits for a scheme, and to no others."""

    def __init__(self, policy: AddressPolicy, scheme: str, resolver: Resolver = resolve) -> None:
        self.policy = policy
        self.scheme = scheme
        self.resolver = resolver
        self._backend = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the name is the base class's
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to the first address of a host that answers.

        Raises:
            AddressNotAllowed: one of its addresses is not permitted.
            ConnectError: it has no address, or none answers.
        """
        try:
            addresses = [ip_address(one) for one in await self.resolver(host, port)]
        except (OSError, UnicodeError) as fault:
            raise ConnectError(f"{host} is not found") from fault
        for address in addresses:
            if not self.policy.permits(address, self.scheme):
                raise AddressNotAllowed(f"{host} is {address}, which is not permitted")
        last = ConnectError(f"{host} has no address")
        for address in addresses[:MAX_ADDRESSES_TRIED]:
            try:
                return await self._backend.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except ConnectError as fault:
                last = fault
        raise last
