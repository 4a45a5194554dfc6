"""Key cache of an OpenID Connect provider: discovery, JSON Web Key Set, single flight, stale keys.

Keys that are `KEYS_TTL_S` old are fetched again in the background: while the provider does not answer, the
known ones are used for up to `MAX_KEYS_AGE_S`. A token with an unknown key id fetches them at most once in
`UNKNOWN_KEY_INTERVAL_S`, so that invented ids cause no load at the provider.
"""

import asyncio
import json
import logging
import ssl
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx2
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from .identity_provider import is_secure_url
from .token_rejection import ProviderUnavailable, TokenRejected

KEYS_TTL_S = 300.0
MAX_KEYS_AGE_S = 86_400
UNKNOWN_KEY_INTERVAL_S = 30.0
PROVIDER_RETRY_S = 1.0
PROVIDER_TIMEOUT_S = 3.0
MAX_PROVIDER_BYTES = 256 * 1024
MAX_PROVIDER_KEYS = 100
DISCOVERY = "/.well-known/openid-configuration"
UNAVAILABLE = (
    "The identity provider cannot be reached, and its keys are not known. Nothing was done; try again"
)
UNKNOWN_KEY = "The token is signed with a key that the identity provider does not publish"
PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}  # by the first letters of an algorithm

log = logging.getLogger(__name__)

PublicKey = RSAKey | ECKey | OKPKey


class ProviderFault(Exception):
    """The provider's response cannot be used; the message is for the log."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """Public key of the provider, with what limits its use."""

    id: str | None
    type: str
    algorithm: str | None
    key: PublicKey

    def fits(self, id: str | None, algorithm: str) -> bool:
        """Return whether a token with this key id and algorithm may be signed with it."""
        if self.type != KEY_TYPES.get(algorithm[:2]) or self.algorithm not in {None, algorithm}:
            return False
        return id is None or id == self.id


class ProviderKeys:
    """Cached public keys of one provider; `on_change` is called when they are not the same any more."""

    def __init__(self, issuer: str, clock: Callable[[], float] = monotonic) -> None:
        self.issuer = issuer
        self.clock = clock
        self.fetches = 0
        self.on_change: Callable[[], None] = lambda: None
        self._keys: tuple[PublishedKey, ...] = ()
        self._published: Any = None
        self._fetched_at: float | None = None
        self._failed_at: float | None = None
        self._looked_for_unknown_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._tls: ssl.SSLContext | None = None

    async def find(self, id: str | None, algorithm: str, *, newer_than: PublicKey | None = None) -> PublicKey:
        """Return the key of a token; `newer_than` is one that has not signed it, of a token without a key id.

        Raises:
            ProviderUnavailable: it is not known, and the provider does not answer.
            TokenRejected: the provider does not publish it.
        """
        age = self._age_of(self._fetched_at)
        if age is None or age > MAX_KEYS_AGE_S:
            await self._fetch_now()
        elif age > KEYS_TTL_S:
            self._fetch()
        found = self._fitting(id, algorithm)
        if found is newer_than:
            since = self._age_of(self._looked_for_unknown_at)
            if since is None or since >= UNKNOWN_KEY_INTERVAL_S:
                self._looked_for_unknown_at = self.clock()
                await self._fetch_now()
                found = self._fitting(id, algorithm)
            elif self._failed_at is not None:
                raise ProviderUnavailable(UNAVAILABLE)
        if found is None or found is newer_than:
            raise TokenRejected(UNKNOWN_KEY)
        return found

    async def close(self) -> None:
        """Cancel a fetch in progress."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _fitting(self, id: str | None, algorithm: str) -> PublicKey | None:
        """Return the key of that id; without an id, the only one that fits the algorithm."""
        fitting = [one.key for one in self._keys if one.fits(id, algorithm)]
        return fitting[0] if len(fitting) == 1 or (fitting and id is not None) else None

    def _age_of(self, instant: float | None) -> float | None:
        return None if instant is None else self.clock() - instant

    def _fetch(self) -> "asyncio.Task[None] | None":
        """Return the fetch in progress; start one unless the latest has failed a moment ago."""
        if self._fetching is None:
            since = self._age_of(self._failed_at)
            if since is not None and since < PROVIDER_RETRY_S:
                return None
            self._fetching = asyncio.create_task(self._fetch_and_keep())
        return self._fetching

    async def _fetch_now(self) -> None:
        """Fetch the keys, together with all that wait for them.

        Raises:
            ProviderUnavailable: the provider does not answer, or not with its keys.
        """
        fetching = self._fetch()
        if fetching is not None:
            await asyncio.shield(fetching)
        if self._failed_at is not None:
            raise ProviderUnavailable(UNAVAILABLE)

    async def _fetch_and_keep(self) -> None:
        self.fetches += 1
        try:
            async with asyncio.timeout(PROVIDER_TIMEOUT_S):
                published = await self._download()
            keys = tuple(_usable(published))
            if not keys:
                raise ProviderFault("it publishes no usable key")
        except Exception as fault:  # noqa: BLE001  any failure is retried, and must not end a request as a 500
            self._failed_at = self.clock()
            log.warning(
                "Keys of the identity provider could not be fetched: %s: %s", type(fault).__name__, fault
            )
        else:
            self._failed_at, self._fetched_at = None, self.clock()
            changed, self._keys, self._published = published != self._published, keys, published
            if changed:
                self.on_change()
        finally:
            self._fetching = None

    async def _download(self) -> list[Any]:
        """Return the key set that the provider's discovery document names."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx2.create_ssl_context)  # reads the machine's certificates
        async with httpx2.AsyncClient(verify=self._tls, follow_redirects=False) as client:
            described = await _get_json(client, self.issuer.rstrip("/") + DISCOVERY)
            if described.get("issuer") != self.issuer:
                raise ProviderFault("its discovery document names another issuer")
            address = described.get("jwks_uri")
            if not isinstance(address, str) or not is_secure_url(address):
                raise ProviderFault("its discovery document names no https address of keys")
            keys = (await _get_json(client, address)).get("keys")
        if not isinstance(keys, list) or len(keys) > MAX_PROVIDER_KEYS:
            raise ProviderFault(f"it does not publish a list of at most {MAX_PROVIDER_KEYS} keys")
        return keys


async def _get_json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    """Return the JSON object at a URL, of at most `MAX_PROVIDER_BYTES`."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with client.stream("GET", url, headers=headers) as response:
        if response.status_code != httpx2.codes.OK:
            raise ProviderFault(f"it answers with status {response.status_code}")
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_PROVIDER_BYTES:
                raise ProviderFault(f"its answer has more than {MAX_PROVIDER_BYTES} bytes")
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ProviderFault("its answer is no JSON object")
    return found


def _usable(published: Iterable[Any]) -> Iterable[PublishedKey]:
    """Yield the keys that can verify signatures; weak, symmetric and encryption keys are left out."""
    for each in published:
        if not isinstance(each, dict) or each.get("kty") not in KEY_TYPES.values():
            continue
        if each.get("use") not in {None, "sig"}:
            continue
        public = {name: value for name, value in each.items() if name not in PRIVATE_PARTS}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", SecurityWarning)  # such as RSA of less than 2,048 bits
                key = JWKRegistry.import_key(public)
        except (JoseError, SecurityWarning, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            id, algorithm = each.get("kid"), each.get("alg")
            yield PublishedKey(
                id if isinstance(id, str) else None,
                key.key_type,
                algorithm if isinstance(algorithm, str) else None,
                key,
            )
