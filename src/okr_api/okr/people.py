"""People: organisation with language and texts, persons, teams and team memberships, as dataclasses."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from .cadence import Cadence
from .entity_fields import Fixed, InFile, MaxItems, MaxLength
from .errors import InvalidInput
from .holiday_calendar import HolidayCalendar
from .objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH
from .policy import Editing, Role

MAX_RULES_OFF = 100
MAX_RULE_ID_LENGTH = 60
MAX_NOTIFICATION_REASONS = 20
MAX_REASON_LENGTH = 60
MAX_EMAIL_LENGTH = 320  # the maximum of RFC 5321; an index entry holds only a few kilobytes


class Language(StrEnum):
    """Language of an organisation, by its BCP 47 tag."""

    ENGLISH = "en"
    GERMAN = "de"


def language_of(tag: str) -> Language:
    """Return the language with that BCP 47 tag.

    Raises:
        InvalidInput: it is none of `Language`.
    """
    try:
        return Language(tag)
    except ValueError:
        raise InvalidInput(f"{tag!r:.50} is not one of: {', '.join(Language)}", path=["language"]) from None


@dataclass(frozen=True, slots=True)
class Organization:
    """The tenant; all data belongs to exactly one organisation. `mission` and `vision` are its own texts.

    `coaching_rules_off` are the ids of the rules of coaching that it has switched off, sorted. `cadence` is
    when check-ins are due unless a team, an objective or a key result says otherwise.
    """

    id: UUID
    name: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    time_zone: str
    language: Language = Language.ENGLISH
    mission: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    vision: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    editing: Editing = Editing.RESPONSIBLE
    coaching_rules_off: Annotated[
        tuple[str, ...], MaxLength(MAX_RULE_ID_LENGTH), MaxItems(MAX_RULES_OFF), InFile(left_out=True)
    ] = ()
    cadence: Annotated[Cadence | None, InFile(left_out=True)] = None
    holiday_calendar: Annotated[HolidayCalendar | None, InFile(left_out=True)] = None
    version: int = 1

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone in which its days begin and end."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Person:
    """A person who owns objectives and checks in. One who has left stays in history, inactive.

    `notifications_daily` and `notifications_off` are the reasons of notifications of which they are not told
    at once, or not at all.
    """

    id: UUID
    external_id: str | None
    name: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    email: Annotated[str | None, MaxLength(MAX_EMAIL_LENGTH)] = None
    active: Annotated[bool, Fixed()] = True
    role: Role = Role.MEMBER
    notifications_daily: Annotated[
        tuple[str, ...],
        MaxLength(MAX_REASON_LENGTH),
        MaxItems(MAX_NOTIFICATION_REASONS),
        Fixed(),
        InFile(left_out=True),
    ] = ()
    notifications_off: Annotated[
        tuple[str, ...],
        MaxLength(MAX_REASON_LENGTH),
        MaxItems(MAX_NOTIFICATION_REASONS),
        Fixed(),
        InFile(left_out=True),
    ] = ()
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
    name: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    parent_id: UUID | None = None
    cadence: Annotated[Cadence | None, InFile(left_out=True)] = None
    version: int = 1


class TeamRole(StrEnum):
    """What a person is in a team."""

    LEAD = "LEAD"
    MEMBER = "MEMBER"


@dataclass(frozen=True, slots=True)
class TeamMembership:
    """A person's place in a team. One that was removed stays in history."""

    id: UUID
    external_id: str | None
    team_id: Annotated[UUID, Fixed()]
    person_id: Annotated[UUID, Fixed()]
    role: TeamRole = TeamRole.MEMBER
    version: int = 1
    removed: bool = False
