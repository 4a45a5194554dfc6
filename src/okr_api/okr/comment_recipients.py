"""Recipients of a comment: who is to be notified of it, and why; for previews and for notifications."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class CommentReason(StrEnum):
    """Why somebody is notified of a comment; the first that holds is the reason."""

    MENTION = "MENTION"
    REPLY = "REPLY"
    FOLLOW = "FOLLOW"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who is notified of a comment, by person with the reason; `unseeing` are mentioned but do not see it."""

    told: dict[UUID, CommentReason]
    unseeing: tuple[UUID, ...]


def recipients_of(
    *,
    author_id: UUID | None,
    mentioned: Collection[UUID],
    thread: Collection[UUID],
    followers: Collection[UUID],
    unfollowers: Collection[UUID],
    sees: Callable[[UUID], bool],
) -> Recipients:
    """Return who is notified of a comment.

    `thread` are the people who wrote the comment that is answered and its other replies, `followers` those
    who follow the node or what it belongs to. Those of them who have unfollowed the node itself,
    `unfollowers`, are notified only where they are mentioned. Nobody is notified of their own comment, and
    nobody of what they do not see.
    """
    told: dict[UUID, CommentReason] = {}
    for reason, people in (
        (CommentReason.MENTION, mentioned),
        (CommentReason.REPLY, [each for each in thread if each not in unfollowers]),
        (CommentReason.FOLLOW, [each for each in followers if each not in unfollowers]),
    ):
        for person in people:
            if person != author_id and sees(person):
                told.setdefault(person, reason)
    return Recipients(told, tuple(each for each in mentioned if not sees(each)))
