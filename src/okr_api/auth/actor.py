"""Actor: the person or service behind a token, its organisation, scopes and role; checks of its scopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.okr.errors import Forbidden
from okr_api.okr.policy import SCOPE_OF_ROLE, SUFFICIENT, Principal, Role, Scope
from okr_api.okr.visibility import Visibility

__all__ = ["Actor", "Scope"]


@dataclass(frozen=True)
class Actor:
    """A person or a named service of one organisation, authenticated by a token.

    `scopes` are those of the token; what a person may do is the smaller of them and of their `role`, which is
    None for a service. `sees_private` lets a service see what is private.
    """

    organization_id: UUID
    token_id: UUID
    author: Author
    scopes: frozenset[Scope]
    role: Role | None = None
    sees_private: bool = False

    @property
    def owner(self) -> str:
        """Return the owner of the idempotency keys: the person or the service, whichever token is used."""
        return f"person:{self.author.person_id}" if self.author.person_id else f"service:{self.author.name}"

    @cached_property
    def principal(self) -> Principal:
        """Return who acts, as the policy sees it: the same for all tokens with the same rights."""
        return Principal(self.author.person_id, self.role, self.scopes)

    @property
    def is_service(self) -> bool:
        """Return whether the token belongs to no person."""
        return self.author.person_id is None

    def may(self, scope: Scope) -> bool:
        """Return whether the scopes include the given one and the role allows it."""
        return self.principal.may(scope)

    def must(self, scope: Scope, path: Sequence[str | int] = ()) -> None:
        """Raise `Forbidden` if the token lacks the scope or the role does not allow it."""
        if not self.principal.role_allows(scope):
            least = next(role for role in reversed(Role) if SCOPE_OF_ROLE[role] in SUFFICIENT[scope])
            raise Forbidden(f"This needs the role {least}; yours is {self.role}", path=path)
        if not self.may(scope):
            raise Forbidden(f"This needs a token with the scope {scope}", path=path)

    @cached_property
    def visibility(self) -> Visibility:
        """Return what the actor may see; unpublished objectives are for editors only.

        People with the role ADMIN see every restricted objective, and so do services that see what is
        private. All who do have equal visibility, so that they share what is read.
        """
        restricted = self.role is Role.ADMIN or (self.is_service and self.sees_private)
        person = None if restricted else self.author.person_id
        return Visibility(self.may(Scope.WRITE), restricted, person)
