"""GraphQL types of the preview of a comment: who would be notified of it, and why."""

import strawberry

from okr_api.graphql.enums import describe
from okr_api.graphql.fields import column, documents, listed, one, view_of
from okr_api.graphql.types.people import Person
from okr_api.okr.comment_recipients import CommentReason

describe(
    CommentReason,
    "Why somebody is notified of a comment; the first that holds.",
    MENTION="The text mentions them.",
    REPLY="They wrote the comment that it replies to, or another reply to that.",
    FOLLOW="They follow what it is on, or the objective or the team that this belongs to.",
)


@view_of()
@strawberry.type(description="Somebody who would be notified of a comment.")
class CommentRecipient:
    person: Person = one("person_id", "The person.")
    reason: CommentReason = column("reason", "Why they would be told.")


@view_of()
@strawberry.type(description="Who would be notified of a comment. Nothing is saved.")
class CommentPreview:
    notified: list[CommentRecipient] = documents(
        lambda notified: notified,
        "notified",
        description="Who would be told, people mentioned first; at most 100. Not its author, and nobody who "
        "does not see what it is on.",
    )
    notified_count: int = column("notified_count", "Number of all who would be told.")
    cannot_see: list[Person] = listed(
        "unseeing_ids",
        "People whom it mentions and who would not be told, as they do not see what it is on or have left.",
    )
    unknown_mentions: list[str] = column(
        "unknown_mentions",
        "Mentions, as written, with an id that is nobody's: `commentCreate` would reject the text.",
    )
