"""Mutations of API tokens: create and revoke under the organisation's lock, without a change of the feed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import (
    MAX_TOKEN_LIFETIME,
    MAX_TOKEN_NAME_LENGTH,
    check_sees_private,
    hash_token,
    new_token,
)
from okr_api.okr.errors import InvalidInput, NotFound
from okr_api.store import token_statements as stored
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .mutation_runner import MutationResult
from .references import Ref, person_at


async def create_token(
    work: Work,
    *,
    person: Ref | None,
    service: str | None,
    scopes: Sequence[Scope],
    expires_at: datetime | None,
    sees_private: bool = False,
) -> MutationResult:
    """Create a token of a person or of a service; the result has its secret.

    Raises:
        InvalidInput: no scope, neither or both owners, an expiry that is past or over ten years ahead, or a
            person's `sees_private`.
        NotFound: there is no such person.
        PersonIsRemoved: the person has left.
    """
    if (person is None) == (service is None):
        raise InvalidInput("Give a person or a service, one of the two", path=["service"])
    if not scopes:
        raise InvalidInput("A token needs at least one scope", path=["scopes"])
    if expires_at is not None and not work.clock < expires_at <= work.clock + MAX_TOKEN_LIFETIME:
        raise InvalidInput("expiresAt must lie ahead, by at most ten years", path=["expiresAt"])
    check_sees_private(sees_private=sees_private, of_person=person is not None)
    owner = await person_at(work, person, taking_work=True) if person else None
    name = owner.name if owner else (service or "").strip()
    if owner is None and not 1 <= len(name) <= MAX_TOKEN_NAME_LENGTH:
        raise InvalidInput(f"service has 1 to {MAX_TOKEN_NAME_LENGTH} characters", path=["service"])
    id, secret = new_id(), new_token()
    await work.connection.execute(
        stored.INSERT,
        work.organization.id,
        id,
        hash_token(secret),
        name,
        owner.id if owner else None,
        [str(scope) for scope in Scope if scope in scopes],
        expires_at,
        sees_private,
    )
    return MutationResult(seq=work.seq, ids={"token": id}, secret=secret)


async def revoke_token(work: Work, token_id: UUID | None) -> MutationResult:
    """Revoke a token; one that is already revoked keeps its time of revocation.

    Raises:
        NotFound: the organisation has no such token.
    """
    if token_id is None or not await work.connection.fetchval(stored.REVOKE, work.organization.id, token_id):
        raise NotFound("There is no such token", path=["id"])
    return MutationResult(seq=work.seq, ids={"token": token_id})
