"""URLs of webhooks and the addresses that they may lead to: public ones, and networks that are allowed.

A URL is checked as text when it is given, and the address that its host has then each time before a
connection is made, so that a name cannot lead elsewhere later.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from okr_api.okr.errors import InvalidInput
from okr_api.okr.webhook import MAX_WEBHOOK_URL_LENGTH

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MAX_HOST_LENGTH = 253
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")  # of a host name: RFC 1123, and underscores
PORTS = {"https": 443, "http": 80}

# The registries of special-purpose addresses; `is_global` of older releases of Python knows fewer.
NOT_PUBLIC: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
            "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "2620:4f:8000::/48",
            "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
GLOBAL_UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address
COMPATIBLE = IPv6Network("::/96")  # deprecated, as ISATAP is
ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # bits 64 to 95 of an address that ends in an IPv4 address


def embedded_address(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to an IPv6 address may be sent to; None if there is none."""
    if isinstance(address, IPv4Address):
        return None
    last = IPv4Address(int(address) & 0xFFFF_FFFF)
    is_isatap = int(address) >> 32 & 0xFFFF_FFFF in ISATAP
    if address in TRANSLATED or address in COMPATIBLE or is_isatap:
        return last
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public Internet, also where it embeds another one."""
    embedded = embedded_address(address)
    if embedded is not None and not is_public(embedded):
        return False
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None or address in TRANSLATED:
            return True  # as the address in it
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not any(address in network for network in NOT_PUBLIC)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Addresses that webhooks may be delivered to: public ones by HTTPS, and all of the allowed networks."""

    allowed: tuple[Network, ...] = ()

    def is_allowed(self, address: Address) -> bool:
        """Return whether the operator has allowed the network of an address, or of the one that it embeds."""
        candidates = (address, embedded_address(address))
        return any(one in network for one in candidates if one is not None for network in self.allowed)

    def permits(self, address: Address, scheme: str) -> bool:
        """Return whether a connection may be made to an address; without TLS only inside allowed networks."""
        return self.is_allowed(address) or (scheme == "https" and is_public(address))

    def check_url(self, url: str) -> str:
        """Return a URL; one whose host is a name may still lead to an address that is not permitted.

        Raises:
            InvalidInput: it is no absolute HTTPS URL, or its host is an address that is not permitted.
        """
        scheme, host = _parts_of(url)
        if scheme == "http" and not self.allowed:
            raise _wrong("url begins with https://")
        if host == "localhost" or host.endswith(".localhost"):
            if not self.is_allowed(IPv4Address("127.0.0.1")):
                raise _not_permitted(host)
        elif (address := _address_in(host)) is not None and not self.permits(address, scheme):
            raise _not_permitted(host)
        return url


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, path=["url"])


def _not_permitted(host: str) -> InvalidInput:
    return _wrong(f"The host {host} is not a public address, and the operator has not allowed its network")


def _parts_of(url: str) -> tuple[str, str]:
    """Return the scheme and the host of a URL, in lower case.

    Raises:
        InvalidInput: it is not a URL that can be called, or names a user.
    """
    if (
        not 1 <= len(url) <= MAX_WEBHOOK_URL_LENGTH
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise _wrong(f"url has 1 to {MAX_WEBHOOK_URL_LENGTH} printable ASCII characters without spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong("url is not a URL, such as https://example.com/okr") from None
    if port == 0:
        raise _wrong("url names the port 0, which nothing listens on")
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in PORTS or not 1 <= len(host) <= MAX_HOST_LENGTH or "\\" in url:
        raise _wrong("url is not a URL, such as https://example.com/okr")
    if "@" in parts.netloc:
        raise _wrong("url names no user or password")
    if parts.fragment or url.endswith("#"):
        raise _wrong("url has no fragment")
    return parts.scheme, host


def _address_in(host: str) -> Address | None:
    """Return the address that a host is; None for a name.

    Raises:
        InvalidInput: it is neither, or an address in another form than four decimal numbers or hexadecimal
            groups.
    """
    if ":" in host:
        try:
            return ip_address(host)
        except ValueError:
            raise _wrong(f"{host} is not an address") from None
    if not all(map(LABEL.fullmatch, host.split("."))):
        raise _wrong(f"{host} is not the name of a host")
    last = host.rpartition(".")[2]
    if not (last.isdigit() or last.startswith("0x")):
        return None
    try:
        return IPv4Address(host)
    except ValueError:
        raise _wrong(f"{host} is not a name, and an address is written as four decimal numbers") from None


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return networks in CIDR notation, or single addresses; raises `ValueError`."""
    return tuple(dict.fromkeys(ip_network(text) for text in texts))
