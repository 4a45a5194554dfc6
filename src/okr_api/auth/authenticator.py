"""Authenticator: actors of bearer tokens, both API tokens and JSON Web Tokens of an identity provider."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from okr_api.okr.errors import Busy
from okr_api.store.database import Database

from .actor import Actor
from .identity_provider import IdentityProvider, is_json_web_token
from .token_rejection import TokenRejected
from .tokens import TokenStore

if TYPE_CHECKING:
    from .openid_connect import TokenVerifier
    from .sign_ins import SignInStore


class ActorLookup(Protocol):
    """Lookup of the actors of bearer tokens."""

    async def actor(self, token: str) -> Actor | None:
        """Return the actor of a token; None for an unknown, expired or revoked token.

        Raises:
            TokenRejected: it is a JSON Web Token, and is not accepted.
            Busy: the database, or an identity provider whose keys are needed, does not respond.
        """

    async def actors(self, tokens: Collection[str]) -> dict[str, Actor | None]:
        """Return the actor of each token, None for those that are not accepted."""

    def forget(self) -> None:
        """Clear the cache, so that this process sees changed rights at once."""


class Authenticator:
    """Lookup of actors by API token or by JSON Web Token."""

    def __init__(self, tokens: TokenStore, verifier: "TokenVerifier", sign_ins: "SignInStore") -> None:
        self.tokens = tokens
        self.verifier = verifier
        self.sign_ins = sign_ins

    async def actor(self, token: str) -> Actor | None:
        """Return the actor of a token; None for an unknown, expired or revoked API token.

        Raises:
            TokenRejected: it is a JSON Web Token, and is not accepted.
            Busy: the database, or the identity provider whose keys are needed, does not respond.
        """
        if not is_json_web_token(token):
            return await self.tokens.actor(token)
        return await self.sign_ins.actor(await self.verifier.verify(token))

    async def actors(self, tokens: Collection[str]) -> dict[str, Actor | None]:
        """Return the actor of each token, None for those that are not accepted."""
        subjects: dict[str, str] = {}
        own = list[str]()
        found: dict[str, Actor | None] = {}
        for token in tokens:
            if not is_json_web_token(token):
                own.append(token)
                continue
            found[token] = None
            try:
                subjects[token] = (await self.verifier.verify(token)).subject
            except (TokenRejected, Busy):
                continue
        if own:
            found |= await self.tokens.actors(own)
        if subjects:
            people = await self.sign_ins.actors(set(subjects.values()))
            found |= {token: people[subject] for token, subject in subjects.items()}
        return found

    def forget(self) -> None:
        """Clear the caches, so that this process sees changed rights at once."""
        self.tokens.forget()
        self.sign_ins.forget()


@asynccontextmanager
async def authenticating(database: Database, provider: IdentityProvider | None) -> AsyncIterator[ActorLookup]:
    """Yield the lookup of actors: without an identity provider that of API tokens alone."""
    tokens = TokenStore(database)
    if provider is None:
        yield tokens
        return
    from .openid_connect import TokenVerifier  # with their libraries only where they are needed
    from .provider_keys import ProviderKeys
    from .sign_ins import SignInStore

    keys = ProviderKeys(provider.issuer)
    try:
        yield Authenticator(tokens, TokenVerifier(provider, keys), SignInStore(database, provider))
    finally:
        await keys.close()
