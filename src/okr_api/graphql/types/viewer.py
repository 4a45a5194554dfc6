"""GraphQL type `Viewer`: the owner of the token of a request."""

import strawberry

from okr_api.graphql.enums import Scope
from okr_api.graphql.fields import column, one, view_of
from okr_api.graphql.types.people import Organization, Person


@view_of()
@strawberry.type(description="Owner of the token that sent this request, and what the token allows.")
class Viewer:
    name: str = column("author_name", "Name of the person or service.")
    person: Person | None = one("author_person_id", "The person; null for a service.")
    organization: Organization = one("organization_id", "Organisation that the token belongs to.")
    scopes: list[Scope] = column(
        "scopes",
        "All scopes that the token grants, including those implied by a higher one; without those that the "
        "person's role does not allow.",
    )
    sees_drafts: bool = column(
        "sees_drafts",
        "Whether unpublished objectives are visible: drafts and dropped drafts. True with the scope WRITE.",
    )
