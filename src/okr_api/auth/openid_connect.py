"""OpenID Connect: verify JSON Web Tokens of one identity provider; cache verified ones until they expire.

The algorithms are an allow-list of asymmetric ones. Claims about rights are not read: `docs/policy.md` says
what a person may do.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from time import time
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jwt import JWTClaimsRegistry

from okr_api.okr.people import MAX_EMAIL_LENGTH
from okr_api.store.entity_lookup import is_storable_text

from .identity_provider import MAX_SUBJECT_CHARACTERS, Claims, IdentityProvider
from .provider_keys import ProviderKeys, PublicKey
from .token_rejection import TokenRejected
from .tokens import hash_token

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
TOKEN_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
CLOCK_LEEWAY_S = 60
MAX_JSON_WEB_TOKEN_CHARACTERS = 4_000  # with room for what else `connection_init` has
MAX_VERIFIED_TOKENS = 10_000
UNREADABLE = "The token is not a signed JSON Web Token"
EXPIRED = "The token has expired"
FAULTS = {
    "exp": "The time at which the token expires is not a number",
    "nbf": "The token is not valid yet",
    "iat": "The token was issued in the future",
    "aud": "The token is for another audience",
    "iss": "The token is of another issuer",
    "sub": "The subject of the token is not a text",
}
UNREADABLE_TOKEN = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class TokenVerifier:
    """Verifier of the tokens of one identity provider."""

    def __init__(
        self, provider: IdentityProvider, keys: ProviderKeys, clock: Callable[[], float] = time
    ) -> None:
        self.provider = provider
        self.keys = keys
        self.clock = clock
        self._verified: dict[bytes, Claims] = {}  # by hash, because a token is long
        keys.on_change = self._verified.clear  # a key that is withdrawn verifies nothing any more
        self._registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        self._claims = JWTClaimsRegistry(
            now=lambda: int(self.clock()),
            leeway=CLOCK_LEEWAY_S,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "values": list(provider.audiences)},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )

    def has_expired(self, claims: Claims) -> bool:
        """Return whether verified claims are no longer valid."""
        return claims.expires_at <= self.clock() - CLOCK_LEEWAY_S

    async def verify(self, token: str) -> Claims:
        """Return the claims of a token.

        Raises:
            TokenRejected: it is invalid; the message says why.
            ProviderUnavailable: its key is not known, and the provider does not answer.
        """
        hashed = hash_token(token)
        known = self._verified.get(hashed)
        if known is not None:
            if self.has_expired(known):
                del self._verified[hashed]
                raise TokenRejected(EXPIRED)
            return known
        if len(token) > MAX_JSON_WEB_TOKEN_CHARACTERS:
            raise TokenRejected(f"The token has more than {MAX_JSON_WEB_TOKEN_CHARACTERS} characters")
        claims = self._checked(await self._decoded(token, self._header_of(token)))
        if len(self._verified) >= MAX_VERIFIED_TOKENS:
            self._verified.clear()
        self._verified[hashed] = claims
        return claims

    def _header_of(self, token: str) -> dict[str, Any]:
        """Return the header of a token whose algorithm, type and issuer are acceptable, not yet verified."""
        try:
            unverified = jws.extract_compact(token.encode(), registry=self._registry)
            header, payload = unverified.headers(), json.loads(unverified.payload)
            algorithm, type, id = header["alg"], header.get("typ", "JWT"), header.get("kid")
            issuer = payload.get("iss")
        except UNREADABLE_TOKEN:
            raise TokenRejected(UNREADABLE) from None
        if algorithm not in ALGORITHMS:
            accepted = ", ".join(ALGORITHMS)
            raise TokenRejected(f"The token is signed with {algorithm!r:.30}; accepted are {accepted}")
        if not isinstance(type, str) or type.lower() not in TOKEN_TYPES or "crit" in header:
            raise TokenRejected("The token is not an access token or an ID token")
        if not isinstance(id, str | None):
            raise TokenRejected(UNREADABLE)
        if issuer != self.provider.issuer:  # also, so that tokens of others do not fetch keys
            raise TokenRejected(FAULTS["iss"])
        return dict(header)

    async def _decoded(self, token: str, header: dict[str, Any]) -> dict[str, Any]:
        """Return the claims of a token after verifying its signature."""
        id, algorithm = header.get("kid"), header["alg"]
        key = await self.keys.find(id, algorithm)
        claims = self._signed_with(key, token)
        if claims is None and id is None:  # the provider has a single key, which may be a new one
            with suppress(TokenRejected):
                newer = await self.keys.find(None, algorithm, newer_than=key)
                claims = self._signed_with(newer, token)
        if claims is None:
            raise TokenRejected("The signature of the token is wrong")
        await asyncio.sleep(0)  # verifying takes up to two milliseconds: let others run between many tokens
        return claims

    def _signed_with(self, key: PublicKey, token: str) -> dict[str, Any] | None:
        """Return the claims of a token; None if it is not signed with this key."""
        try:
            return jwt.decode(token, key, registry=self._registry).claims
        except BadSignatureError:
            return None
        except UNREADABLE_TOKEN:
            raise TokenRejected(UNREADABLE) from None

    def _checked(self, claims: dict[str, Any]) -> Claims:
        """Return the claims that are used, after checking all that limit the token."""
        try:
            self._claims.validate(claims)
        except ExpiredTokenError:
            raise TokenRejected(EXPIRED) from None
        except MissingClaimError as fault:
            raise TokenRejected(f"The token lacks a claim: {fault.claim}") from None
        except JoseError as fault:
            raise TokenRejected(FAULTS.get(getattr(fault, "claim", ""), UNREADABLE)) from None
        subject: str = claims["sub"]
        if len(subject) > MAX_SUBJECT_CHARACTERS or not is_storable_text(subject):
            raise TokenRejected(f"The subject of the token has more than {MAX_SUBJECT_CHARACTERS} characters")
        said = claims.get("email")
        email = said.strip() if isinstance(said, str) and is_storable_text(said) else ""
        if not email or len(email) > MAX_EMAIL_LENGTH:
            return Claims(subject, claims["exp"])
        if claims.get("email_verified") is not True:
            return Claims(subject, claims["exp"], has_unverified_email=True)
        return Claims(subject, claims["exp"], email)
