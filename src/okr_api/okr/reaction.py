"""Reaction: an emoji of a person on what can be discussed, or on a comment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from .comment import DISCUSSED
from .emoji import MAX_EMOJI_LENGTH, emoji_of
from .entity import NodeType
from .entity_fields import Fixed, MaxLength

# What can be reacted to, with the field that holds its id.
REACTED: Mapping[NodeType, str] = {**DISCUSSED, NodeType.COMMENT: "comment_id"}


@dataclass(frozen=True, slots=True)
class Reaction:
    """Reaction to one node of `REACTED`; a person has each emoji at most once on a node."""

    id: UUID
    external_id: str | None
    emoji: Annotated[str, MaxLength(MAX_EMOJI_LENGTH), Fixed()]
    person_id: Annotated[UUID, Fixed()]
    objective_id: Annotated[UUID | None, Fixed()] = None
    key_result_id: Annotated[UUID | None, Fixed()] = None
    check_in_id: Annotated[UUID | None, Fixed()] = None
    roadblock_id: Annotated[UUID | None, Fixed()] = None
    decision_id: Annotated[UUID | None, Fixed()] = None
    experiment_id: Annotated[UUID | None, Fixed()] = None
    lesson_id: Annotated[UUID | None, Fixed()] = None
    review_record_id: Annotated[UUID | None, Fixed()] = None
    comment_id: Annotated[UUID | None, Fixed()] = None
    version: int = 1
    removed: bool = False

    def checked(self) -> "Reaction":
        """Return the reaction; raise `NotAnEmoji` unless it is an emoji in its usual form."""
        emoji_of(self.emoji)
        return self
