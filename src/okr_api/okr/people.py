"""Who works here: the organisation, its people, and its tree of teams."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

MAX_EMAIL_LENGTH = 320  # what RFC 5321 allows; an index holds no more than a few kilobytes


@dataclass(frozen=True, slots=True)
class Organization:
    """The whole that plans together; nothing ever crosses its border."""

    id: UUID
    name: str
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its days begin and end."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who owns objectives and checks in. One who has left stays in history, inactive."""

    id: UUID
    external_id: str | None
    name: str
    email: str | None = None
    active: bool = True
    version: int = 1

    @property
    def reserved_email(self) -> str | None:
        """The e-mail address that nobody else may have meanwhile, in lower case."""
        return self.email.lower() if self.active and self.email else None


@dataclass(frozen=True, slots=True)
class Team:
    """A group of people with a place in the tree of teams."""

    id: UUID
    external_id: str | None
    name: str
    parent_id: UUID | None = None
    version: int = 1
