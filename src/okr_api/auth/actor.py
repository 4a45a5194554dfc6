"""The actor: whoever asks, for which organisation, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from okr_api.okr.check_in import Author
from okr_api.okr.errors import Forbidden
from okr_api.okr.visibility import Visibility


class Scope(StrEnum):
    """What a token allows; each includes the ones before it."""

    READ = "read"
    CHECK_IN = "check_in"
    WRITE = "write"
    ADMIN = "admin"


SUFFICIENT = {scope: frozenset(list(Scope)[rank:]) for rank, scope in enumerate(Scope)}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or a named service, of one organisation."""

    organization_id: UUID
    token_id: UUID
    author: Author
    scopes: frozenset[Scope]

    @property
    def owner(self) -> str:
        """Whose idempotency keys these are: the person's or the service's, whichever token is used."""
        return f"person:{self.author.person_id}" if self.author.person_id else f"service:{self.author.name}"

    def may(self, scope: Scope) -> bool:
        """Whether any of the scopes includes that one."""
        return not self.scopes.isdisjoint(SUFFICIENT[scope])

    def must(self, scope: Scope) -> None:
        """Refuses (`Forbidden`) without that scope."""
        if not self.may(scope):
            raise Forbidden(f"This needs a token with the scope {scope}")

    @property
    def visibility(self) -> Visibility:
        """What is shown: what was never published only to those who can edit it."""
        return Visibility(drafts=self.sees_drafts)

    @property
    def sees_drafts(self) -> bool:
        """Whether objectives that were never published are shown."""
        return self.may(Scope.WRITE)
