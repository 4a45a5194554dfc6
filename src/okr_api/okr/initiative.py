"""Initiative: the work behind an objective or a key result; it never counts."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from .calendar import day_within_reach
from .entity_fields import Fixed, MaxLength
from .errors import InvalidInput
from .objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH

MAX_LINK_LENGTH = 2_000
LINK_SCHEMES = frozenset({"http", "https"})


class InitiativeState(StrEnum):
    """How far an initiative is; any state can follow any other."""

    TODO = "TODO"
    DOING = "DOING"
    DONE = "DONE"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True)
class Initiative:
    """Work behind an objective or a key result: one of `objective_id` and `key_result_id` is set."""

    id: UUID
    external_id: str | None
    title: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    objective_id: Annotated[UUID | None, Fixed()] = None
    key_result_id: Annotated[UUID | None, Fixed()] = None
    description: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    owner_id: UUID | None = None
    due_on: date | None = None
    state: InitiativeState = InitiativeState.TODO
    link: Annotated[str | None, MaxLength(MAX_LINK_LENGTH)] = None
    version: int = 1
    removed: bool = False

    def checked(self) -> "Initiative":
        """Return the initiative.

        Raises:
            InvalidInput: the link is no URL of a page, or the due day is before 1900 or after 2200.
        """
        if self.due_on is not None:
            day_within_reach(self.due_on, "dueOn")
        if self.link is not None and not is_link(self.link):
            raise InvalidInput(
                "link must be the URL of a page, such as https://example.com/plan: with http or https, a "
                "host, and no spaces",
                path=["link"],
            )
        return self


def is_link(text: str) -> bool:
    """Return whether a text is an absolute http or https URL, without a user name in it."""
    if any(sign.isspace() or not sign.isprintable() or sign in '<>"\\' for sign in text):
        return False
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in LINK_SCHEMES
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:  # an invalid port or IPv6 address
        return False
