"""People: the organisation, its members, and its tree of teams."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

MAX_EMAIL_LENGTH = 320  # the maximum of RFC 5321; an index entry holds only a few kilobytes


@dataclass(frozen=True, slots=True)
class Organization:
    """The tenant; all data belongs to exactly one organisation."""

    id: UUID
    name: str
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone in which its days begin and end."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Person:
    """A person who owns objectives and checks in. One who has left stays in history, inactive."""

    id: UUID
    external_id: str | None
    name: str
    email: str | None = None
    active: bool = True
    version: int = 1

    @property
    def reserved_email(self) -> str | None:
        """Return the e-mail address in lower case, if it must be unique: only that of an active person."""
        return self.email.lower() if self.active and self.email else None


@dataclass(frozen=True, slots=True)
class Team:
    """A group of people with a place in the tree of teams."""

    id: UUID
    external_id: str | None
    name: str
    parent_id: UUID | None = None
    version: int = 1
