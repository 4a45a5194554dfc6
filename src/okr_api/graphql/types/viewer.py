"""GraphQL type `Viewer`: the owner of the token of a request, with what they are notified of."""

from typing import Any

import strawberry

from okr_api.auth.actor import Actor
from okr_api.auth.actor import Scope as TokenScope
from okr_api.graphql.enums import Scope
from okr_api.graphql.fields import column, gathered, gathered_by, one, view_of
from okr_api.graphql.types.node import After, Before, First, Last
from okr_api.graphql.types.notification import (
    NotificationConnection,
    NotificationFilterArgument,
    NotificationSetting,
    notifications_of_viewer,
    settings_of_viewer,
)
from okr_api.graphql.types.people import Organization, Person


@view_of(key="author_person_id")
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
    notification_settings: list[NotificationSetting] = gathered(
        settings_of_viewer,
        "How you are told of notifications, for each reason; empty for a service. Nobody else sees it.",
    )

    @gathered_by(
        notifications_of_viewer,
        "Changes of which you are notified, latest first; none for a service. A page scans at most 2,000 of "
        "them: if few match `filter` or are visible, it may have fewer items than `first`, or none, while "
        "`pageInfo.hasNextPage` is true; continue with `endCursor`. They go when their changes leave the "
        "feed.",
    )
    def notifications(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: NotificationFilterArgument = None,
    ) -> NotificationConnection:
        raise AssertionError("It is read by its declaration")


def viewer_row(actor: Actor) -> dict[str, Any]:
    """Return the row that `Viewer` is read from."""
    return {
        "author_name": actor.author.name,
        "author_person_id": actor.author.person_id,
        "organization_id": actor.organization_id,
        "scopes": [scope.name for scope in TokenScope if actor.may(scope)],
        "sees_drafts": actor.visibility.drafts,
    }
