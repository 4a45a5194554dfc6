"""Actor: the authenticated person or service, its organisation and its scopes."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from okr_api.okr.check_in import Author
from okr_api.okr.errors import Forbidden
from okr_api.okr.visibility import EVERYTHING, PUBLISHED, Visibility


class Scope(StrEnum):
    """Permission of a token; each scope includes the ones before it."""

    READ = "read"
    CHECK_IN = "check_in"
    WRITE = "write"
    ADMIN = "admin"


SUFFICIENT = {scope: frozenset(list(Scope)[rank:]) for rank, scope in enumerate(Scope)}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a named service of one organisation, authenticated by a token."""

    organization_id: UUID
    token_id: UUID
    author: Author
    scopes: frozenset[Scope]

    @property
    def owner(self) -> str:
        """Return the owner of the idempotency keys: the person or the service, whichever token is used."""
        return f"person:{self.author.person_id}" if self.author.person_id else f"service:{self.author.name}"

    def may(self, scope: Scope) -> bool:
        """Return whether the actor's scopes include the given one."""
        return not self.scopes.isdisjoint(SUFFICIENT[scope])

    def must(self, scope: Scope) -> None:
        """Raise `Forbidden` if the actor lacks the scope."""
        if not self.may(scope):
            raise Forbidden(f"This needs a token with the scope {scope}")

    @property
    def visibility(self) -> Visibility:
        """Return what the actor may see; unpublished objectives are for editors only."""
        return EVERYTHING if self.may(Scope.WRITE) else PUBLISHED
