"""Tokens as admins see them: without the secret."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from okr_api.graphql.enums import Scope
from okr_api.graphql.fields import (
    column,
    declared,
    derived,
    one,
    view_of,
)
from okr_api.graphql.types.people import Person
from okr_api.query_engine.field_sources import GlobalId
from okr_api.query_engine.global_ids import TOKEN_ID_START


def scope_names(scopes: Sequence[str]) -> list[str]:
    """Return the scopes as the API names them."""
    return [scope.upper() for scope in scopes]


@view_of("token")
@strawberry.type(
    description="What a person or a service proves itself with. Only a hash of its secret is stored."
)
class Token:
    """A token."""

    id: strawberry.ID = declared(
        "The id, with which `tokenRevoke` names it. It is not the secret, and no `node`.",
        GlobalId(TOKEN_ID_START, "id"),
    )
    name: str = column("name", "The name of the service; for a person's token, how it was called then.")
    person: Person | None = one("person_id", "The person whose token it is; null for a service.")
    scopes: list[Scope] = derived(
        scope_names, "scopes", description="What it allows; each includes the scopes before it."
    )
    created_at: datetime = column("created_at", "When it was created.")
    expires_at: datetime | None = column("expires_at", "When it ends; null when it does not end by itself.")
    revoked_at: datetime | None = column("revoked_at", "When it was revoked; null when it was not.")
