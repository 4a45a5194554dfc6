"""Lesson: what was learned from an objective or a key result, perhaps in its review or by an experiment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from .entity import NodeType
from .entity_fields import Fixed, MaxItems, MaxLength
from .objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH

MAX_TAGS = 20
MAX_TAG_LENGTH = 60
# What a line of CommonMark begins with that is no word of it: of quotations, headings and lists.
MARKERS = re.compile(r"(?:\s|>|#{1,6}(?=\s)|[-+*](?=\s)|\d{1,9}[.)](?=\s))*")

# What a lesson can be learned from, with the field that holds its id.
LESSON_SOURCES: Mapping[NodeType, str] = {
    NodeType.OBJECTIVE: "objective_id",
    NodeType.KEY_RESULT: "key_result_id",
    NodeType.EXPERIMENT: "experiment_id",
    NodeType.CHECK_IN: "check_in_id",
    NodeType.REVIEW_RECORD: "review_record_id",
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """Lesson of an objective or a key result: one of `objective_id` and `key_result_id` is set.

    It may be from an experiment, a check-in or a review of that, of which at most one is set as well.
    `carry_forward` says that it is to be remembered in the next cycle.
    """

    id: UUID
    external_id: str | None
    title: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    objective_id: Annotated[UUID | None, Fixed()] = None
    key_result_id: Annotated[UUID | None, Fixed()] = None
    experiment_id: Annotated[UUID | None, Fixed()] = None
    check_in_id: Annotated[UUID | None, Fixed()] = None
    review_record_id: Annotated[UUID | None, Fixed()] = None
    text: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    tags: Annotated[tuple[str, ...], MaxLength(MAX_TAG_LENGTH), MaxItems(MAX_TAGS)] = ()
    owner_id: UUID | None = None
    carry_forward: bool = False
    version: int = 1
    removed: bool = False


def tag_of(text: str) -> str:
    """Return a tag as it is stored: in lower case, with single spaces."""
    return " ".join(text.casefold().split())


def title_of(text: str) -> str:
    """Return the title of a lesson with that text: its first line with letters or digits, as one line.

    It is cut if it is too long, and empty if there is no such line.
    """
    for line in text.splitlines():
        title = " ".join(MARKERS.sub("", line, count=1).split())
        if any(map(str.isalnum, title)):
            return title if len(title) <= MAX_TITLE_LENGTH else title[: MAX_TITLE_LENGTH - 1].rstrip() + "…"
    return ""
