"""Mentions: people whom a text names as `@[Name](person id)`, with the global id of the person."""

import re
from collections.abc import Iterator
from uuid import UUID

from .entities import BY_TYPE
from .entity import NodeType

MAX_MENTION_NAME_LENGTH = 500
PERSON_ID = re.compile(rf"{BY_TYPE[NodeType.PERSON].prefix}_([0-9a-f]{{32}})")
# What follows is no mention but a link, after an @: its address has a dot, a slash or a colon.
MENTION = re.compile(rf"@\[([^\[\]\n]{{1,{MAX_MENTION_NAME_LENGTH}}})\]\(([A-Za-z0-9_-]{{1,100}})\)")


def mentions_in(text: str) -> Iterator[tuple[str, UUID | None]]:
    """Yield the mentions of a text as written, each with the id of a person; None if it is none."""
    for found in MENTION.finditer(text):
        person = PERSON_ID.fullmatch(found[2])
        yield found[0], UUID(hex=person[1]) if person else None


def mentioned_ids(text: str) -> tuple[UUID, ...]:
    """Return the ids of the people whom a text mentions, each once, in order."""
    return tuple(dict.fromkeys(id for _, id in mentions_in(text) if id is not None))


def mention_of(name: str, person_id: UUID) -> str:
    """Return the mention of a person, as it is written in a text."""
    return f"@[{name}]({BY_TYPE[NodeType.PERSON].prefix}_{person_id.hex})"
