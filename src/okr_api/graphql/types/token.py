"""GraphQL type `Token` of an API token: owner, scopes and instants, without the secret."""

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
@strawberry.type(description="API token of a person or a service. Only a hash of its secret is stored.")
class Token:
    id: strawberry.ID = declared(
        "Id to pass to `tokenRevoke`. It is not the secret, and `node(id:)` does not know it.",
        GlobalId(TOKEN_ID_START, "id"),
    )
    name: str = column(
        "name", "Name of the service; for a person's token, the person's name when it was created."
    )
    person: Person | None = one("person_id", "Person that the token belongs to; null for a service.")
    scopes: list[Scope] = derived(
        scope_names,
        "scopes",
        description="Scopes of the token; each includes the ones before it. A person's role may allow less.",
    )
    sees_private: bool = column(
        "sees_private",
        "Whether a service sees private objectives and those of teams; false for the token of a person, who "
        "sees what their role and their teams allow.",
    )
    created_at: datetime = column("created_at", "When it was created.")
    expires_at: datetime | None = column("expires_at", "When it expires; null if it does not.")
    revoked_at: datetime | None = column("revoked_at", "When it was revoked; null if it was not.")
