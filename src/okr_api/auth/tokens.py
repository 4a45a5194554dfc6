"""Token store: create, list and revoke API tokens; look up actors by hash, in batches and with a cache.

A token is `okr_` and 49 characters, stored as SHA-256 and shown once. `services/tokens.py` has its mutations.
"""

import hashlib
import secrets
import string
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.okr.errors import InvalidInput, NotFound, PersonIsRemoved
from okr_api.okr.policy import Role
from okr_api.store import token_statements as stored
from okr_api.store.bulk_write import Postgres
from okr_api.store.database import Database, new_id
from okr_api.store.feed_head import LOCK_HEAD

from .actor import Actor, Scope
from .cached_lookup import CachedLookup

PREFIX = "okr_"
ALPHABET = string.digits + string.ascii_letters
RANDOM_CHARACTERS = 43
CHECKSUM_CHARACTERS = 6
MAX_TOKEN_LENGTH = 500
MAX_TOKEN_NAME_LENGTH = 200
MAX_TOKEN_LIFETIME = timedelta(days=3660)
UNKNOWN: tuple[float, None] = (0.0, None)


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def new_token() -> str:
    """Return a new token: 256 random bits and a checksum, by which people and scanners detect typos."""
    secret = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return PREFIX + secret + _checksum(secret)


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of a token, which is what is stored."""
    return hashlib.sha256(token.encode()).digest()


def check_sees_private(*, sees_private: bool, of_person: bool) -> None:
    """Raise `InvalidInput` if a person's token is to see more than the person does."""
    if sees_private and of_person:
        raise InvalidInput("Only the token of a service can see what is private", path=["seesPrivate"])


@dataclass(frozen=True, slots=True)
class TokenSummary:
    """A token without its secret."""

    id: UUID
    name: str
    person: str | None
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    sees_private: bool


async def person_of(connection: Postgres, organization_id: UUID, person: str) -> UUID:
    """Return the id of a person by id, external id or e-mail address.

    Raises:
        InvalidInput: several people share the e-mail address.
        NotFound: there is no such person.
        PersonIsRemoved: the person has left.
    """
    rows = await connection.fetch(stored.PERSON, organization_id, person)
    if not rows:
        raise NotFound(f"There is no person {person!r}")
    if sum(row["active"] for row in rows) > 1:
        raise InvalidInput(f"{person!r} is more than one person; use an id or an external id")
    if not rows[0]["active"]:
        raise PersonIsRemoved(f"{rows[0]['name']} has left")
    id: UUID = rows[0]["id"]
    return id


class TokenStore:
    """Token repository; lookups of actors are batched and cached."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lookup = CachedLookup[bytes, Actor](self._load)
        self._known = self._lookup.known

    async def actor(self, token: str) -> Actor | None:
        """Return the actor of the token; None for an unknown, expired or revoked token."""
        until, actor = self._known.get(hash_token(token), UNKNOWN)
        return actor if until > monotonic() else (await self.actors((token,)))[token]

    async def actors(self, tokens: Collection[str]) -> dict[str, Actor | None]:
        """Return the actor of each token; one query looks up all that are not cached."""
        found: dict[str, Actor | None] = {}
        wanted: dict[bytes, str] = {}
        now = monotonic()
        for token in tokens:
            hashed = hash_token(token)
            until, actor = self._known.get(hashed, UNKNOWN)
            if until <= now and len(token) <= MAX_TOKEN_LENGTH:
                wanted[hashed] = token
            found[token] = actor
        if wanted:
            actors = await self._lookup.find(wanted)
            found.update((token, actors[hashed]) for hashed, token in wanted.items())
        return found

    async def _load(self, hashes: Collection[bytes]) -> Mapping[bytes, Actor]:
        actors = ((row["token_hash"], self._actor(row)) for row in await self._rows(hashes))
        return {hashed: actor for hashed, actor in actors if actor is not None}

    async def _rows(self, hashes: Collection[bytes]) -> list[Any]:
        async with self.database.across() as connection:
            return list(await connection.fetch(stored.FIND, [hashed.hex() for hashed in hashes]))

    @staticmethod
    def _actor(row: Any) -> Actor | None:
        if row["revoked_at"] or (row["expires_at"] and row["expires_at"] <= row["now"]):
            return None
        return Actor(
            organization_id=row["organization_id"],
            token_id=row["id"],
            author=Author(row["name"], row["person_id"]),
            scopes=frozenset(Scope(scope) for scope in row["scopes"]),
            role=Role(row["role"]) if row["role"] else None,
            sees_private=row["sees_private"],
        )

    async def create(
        self,
        organization_id: UUID,
        *,
        name: str,
        scopes: Sequence[Scope],
        person: str | None = None,
        expires_at: datetime | None = None,
        sees_private: bool = False,
    ) -> str:
        """Create a token of a person (by id, external id or email) or of a service, and return its text.

        Only a token of a service can have `sees_private`.

        Raises:
            InvalidInput: no scope or name, several people share the email, or a person's `sees_private`.
            NotFound: there is no such person.
            PersonIsRemoved: the person has left.
        """
        if not scopes or not 1 <= len(name.strip()) <= MAX_TOKEN_NAME_LENGTH:
            raise InvalidInput("A token needs a name and at least one scope")
        check_sees_private(sees_private=sees_private, of_person=person is not None)
        token = new_token()
        async with self.database.writing(organization_id) as connection:
            # Deactivating a person holds this lock: the token is revoked by it, or rejected afterwards.
            await connection.execute(LOCK_HEAD, organization_id)
            person_id = await person_of(connection, organization_id, person) if person is not None else None
            await connection.execute(
                stored.INSERT,
                organization_id,
                new_id(),
                hash_token(token),
                name.strip(),
                person_id,
                [str(scope) for scope in scopes],
                expires_at,
                sees_private,
            )
        return token

    async def all(self, organization_id: UUID) -> list[TokenSummary]:
        """Return the tokens of an organisation, oldest first, including revoked ones."""
        async with self.database.of(organization_id) as connection:
            rows = await connection.fetch(stored.LIST, organization_id)
        return [TokenSummary(**{**dict(row), "scopes": tuple(row["scopes"])}) for row in rows]

    async def revoke(self, organization_id: UUID, token_id: UUID) -> None:
        """Revoke a token; every process rejects it within two seconds.

        Raises:
            NotFound: there is no such token.
        """
        async with self.database.writing(organization_id) as connection:
            if await connection.fetchval(stored.REVOKE, organization_id, token_id) is None:
                raise NotFound("There is no such token")
        self.forget()

    def forget(self) -> None:
        """Clear the cache, so that this process rejects a revoked token at once."""
        self._known.clear()
