"""Sign-in store: link subjects of an identity provider to people, look them up; link by verified e-mail.

A sign-in takes the place of an API token: its id is the key of rate limits and of the audit trail, whichever
JSON Web Token the person sends.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.okr.errors import AlreadyExists, InvalidInput, NotFound
from okr_api.okr.policy import SCOPE_OF_ROLE, Role
from okr_api.store import sign_in_statements as stored
from okr_api.store.database import Database, new_id
from okr_api.store.entity_lookup import is_storable_text
from okr_api.store.feed_head import LOCK_HEAD

from .actor import Actor
from .cached_lookup import MAX_CACHED_TOKENS, TOKEN_CACHE_TTL_S, CachedLookup
from .identity_provider import MAX_SUBJECT_CHARACTERS, Claims, IdentityProvider
from .token_rejection import SignInRejected
from .tokens import person_of

HAS_LEFT = "The person who signs in with this subject has left"
NOT_VERIFIED = (
    "The identity provider has not verified the e-mail address, and no person is linked to the subject"
)
NOBODY = "No person has the e-mail address of the token, and none is linked to its subject"
SEVERAL = "Several people have the e-mail address of the token; an operator links one of them to the subject"
TAKEN = "The person with the e-mail address of the token signs in with another subject"
NO_PERSON = "No person is linked to the subject of the token; an operator does it: okr-api sign-in link"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PersonOfSubject:
    """Person behind a subject, as the actor that they are."""

    actor: Actor
    is_active: bool


@dataclass(frozen=True, slots=True)
class SignInSummary:
    """Sign-in as an operator sees it."""

    id: UUID
    person: str
    active: bool
    issuer: str
    subject: str
    created_at: datetime


class SignInStore:
    """Repository of the sign-ins of one identity provider; lookups are batched and cached."""

    def __init__(self, database: Database, provider: IdentityProvider) -> None:
        self.database = database
        self.provider = provider
        self._lookup = CachedLookup[str, PersonOfSubject](self._load)
        self._rejected: dict[str, tuple[float, str]] = {}  # subjects without a person, for as long as others
        self._linking = asyncio.Lock()

    async def actor(self, claims: Claims) -> Actor:
        """Return the actor of a token's subject; the first time, link it to the person with its e-mail.

        Raises:
            SignInRejected: nobody is linked to the subject, or the person has left.
        """
        person = await self._person(claims.subject)
        if person is None:
            await self._link_by_email(claims)
            person = await self._person(claims.subject)
        if person is None:  # unlinked again at once
            raise SignInRejected(NO_PERSON)
        if not person.is_active:
            raise SignInRejected(HAS_LEFT)
        return person.actor

    async def actors(self, subjects: Collection[str]) -> dict[str, Actor | None]:
        """Return the actor of each subject, None without one; one query looks up all that are not cached."""
        now = monotonic()
        known = {one: self._lookup.known[one] for one in subjects if one in self._lookup.known}
        found = {one: person for one, (until, person) in known.items() if until > now}
        wanted = [one for one in subjects if one not in found]
        if wanted:
            found.update(await self._lookup.find(wanted))
        return {one: person.actor if person and person.is_active else None for one, person in found.items()}

    def forget(self) -> None:
        """Clear the cache, so that this process sees changed people at once."""
        self._lookup.known.clear()
        self._rejected.clear()

    async def _person(self, subject: str) -> PersonOfSubject | None:
        until, person = self._lookup.known.get(subject, (0.0, None))
        return person if until > monotonic() else (await self._lookup.find((subject,)))[subject]

    async def _load(self, subjects: Collection[str]) -> Mapping[str, PersonOfSubject]:
        async with self.database.across() as connection:
            rows = await connection.fetch(stored.FIND, self.provider.issuer, list(subjects))
        return {row["subject"]: _person_of_subject(row) for row in rows}

    async def _link_by_email(self, claims: Claims) -> None:
        """Link a subject to the only person with its verified e-mail address, one subject at a time.

        Raises:
            SignInRejected: that is not configured, the address is not verified, or not of exactly one person.
        """
        if not self.provider.links_emails:
            raise SignInRejected(NO_PERSON)
        if claims.email is None:
            raise SignInRejected(NOT_VERIFIED if claims.has_unverified_email else NO_PERSON)
        async with self._linking:
            until, reason = self._rejected.get(claims.subject, (0.0, ""))
            if until > monotonic():
                raise SignInRejected(reason)
            try:
                await self._link(claims.subject, claims.email)
            except SignInRejected as refusal:
                if len(self._rejected) >= MAX_CACHED_TOKENS:
                    self._rejected.clear()
                self._rejected[claims.subject] = (monotonic() + TOKEN_CACHE_TTL_S, refusal.message)
                raise
            self._lookup.known.pop(claims.subject, None)

    async def _link(self, subject: str, email: str) -> None:
        async with self.database.across() as connection:
            people = await connection.fetch(stored.PEOPLE_BY_EMAIL, email, self.provider.organization)
        if len(people) != 1:
            raise SignInRejected(SEVERAL if people else NOBODY)
        organization_id, person_id = people[0]["organization_id"], people[0]["id"]
        async with self.database.writing(organization_id) as connection:
            await connection.execute(LOCK_HEAD, organization_id)  # held by those who edit people
            if not await connection.fetchval(stored.STILL_HAS_EMAIL, organization_id, person_id, email):
                raise SignInRejected(NOBODY)
            issuer = self.provider.issuer
            made = await connection.fetchval(
                stored.INSERT, organization_id, new_id(), issuer, subject, person_id
            )
            if made is None and not await connection.fetch(stored.FIND, issuer, [subject]):
                raise SignInRejected(TAKEN)
        log.info("Person %s signs in by e-mail for the first time", person_id)


def _person_of_subject(row: Any) -> PersonOfSubject:
    role = Role(row["role"])
    actor = Actor(
        organization_id=row["organization_id"],
        token_id=row["id"],
        author=Author(row["name"], row["person_id"]),
        scopes=frozenset({SCOPE_OF_ROLE[role]}),
        role=role,
    )
    return PersonOfSubject(actor, row["active"])


async def link_subject(
    database: Database, organization_id: UUID, *, issuer: str, subject: str, person: str
) -> UUID:
    """Link a subject to a person (by id, external id or e-mail), for an operator; return the sign-in's id.

    Raises:
        InvalidInput: the subject is empty or too long, or several people share the e-mail address.
        NotFound: there is no such person.
        PersonIsRemoved: the person has left.
        AlreadyExists: the subject or the person has a sign-in at this issuer.
    """
    if not 1 <= len(subject) <= MAX_SUBJECT_CHARACTERS or not is_storable_text(subject):
        raise InvalidInput(f"A subject has 1 to {MAX_SUBJECT_CHARACTERS} characters", path=["subject"])
    async with database.writing(organization_id) as connection:
        await connection.execute(LOCK_HEAD, organization_id)
        person_id = await person_of(connection, organization_id, person)
        made: UUID | None = await connection.fetchval(
            stored.INSERT, organization_id, new_id(), issuer, subject, person_id
        )
    if made is None:
        raise AlreadyExists("The subject, or the person, is linked already; see: okr-api sign-in list")
    return made


async def list_sign_ins(database: Database, organization_id: UUID) -> list[SignInSummary]:
    """Return the sign-ins of an organisation, oldest first."""
    async with database.of(organization_id) as connection:
        rows = await connection.fetch(stored.LIST, organization_id)
    return [SignInSummary(**dict(row)) for row in rows]


async def unlink_subject(database: Database, organization_id: UUID, sign_in_id: UUID) -> None:
    """Delete a sign-in; every process rejects the subject's tokens within two seconds.

    Raises:
        NotFound: there is no such sign-in.
    """
    async with database.writing(organization_id) as connection:
        if await connection.fetchval(stored.DELETE, organization_id, sign_in_id) is None:
            raise NotFound("There is no such sign-in")
