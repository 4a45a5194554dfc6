"""Tables of people, teams and team memberships, and their versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Role

from .columns import (
    BIG,
    DOCUMENT,
    INSTANT,
    WORD,
    WORDS,
    Owned,
    inside,
    of_organization,
    one_external_id,
    one_of,
    with_cadence,
)


class PersonDefinition(Owned):
    """Columns that a person and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    name: str = Field(sa_type=WORD)
    email: str | None = Field(sa_type=WORD, nullable=True)
    active: bool = True
    role: str = Field(sa_type=WORD)
    notifications_daily: list[str] = Field(sa_type=WORDS)
    notifications_off: list[str] = Field(sa_type=WORDS)
    version: int = 1


class PersonRow(PersonDefinition, table=True):
    """Person; `active` is false for one who has left."""

    __tablename__ = "person"
    __table_args__ = (
        of_organization(),
        one_external_id("person"),
        one_of("role", Role, "person_role"),
        Index(
            "person_email",
            "organization_id",
            text("lower(email)"),
            postgresql_where=text("active and email is not null"),
        ),
    )


class PersonVersionRow(PersonDefinition, table=True):
    """Version of a person, valid from its `seq` to the next version's."""

    __tablename__ = "person_version"
    __table_args__ = (inside("id", "person"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)


class TeamDefinition(Owned):
    """Columns that a team and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    name: str = Field(sa_type=WORD)
    parent_id: UUID | None = None
    cadence: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    version: int = 1


class TeamRow(TeamDefinition, table=True):
    """Team; teams form a tree by `parent_id`."""

    __tablename__ = "team"
    __table_args__ = (of_organization(), one_external_id("team"), inside("parent_id", "team"))


class TeamVersionRow(TeamDefinition, table=True):
    """Version of a team, valid from its `seq` to the next version's."""

    __tablename__ = "team_version"
    __table_args__ = (inside("id", "team"), with_cadence("team"))
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)


class TeamMembershipDefinition(Owned):
    """Columns that a team membership and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    team_id: UUID
    person_id: UUID
    role: str = Field(sa_type=WORD)
    version: int = 1
    removed: bool = False


class TeamMembershipRow(TeamMembershipDefinition, table=True):
    """Team membership: one for each team and person, except those that were removed."""

    __tablename__ = "team_membership"
    __table_args__ = (
        of_organization(),
        one_external_id("team_membership"),
        inside("team_id", "team"),
        inside("person_id", "person"),
        one_of("role", TeamRole, "team_membership_role"),
        Index(
            "team_membership_once",
            "organization_id",
            "team_id",
            "person_id",
            unique=True,
            postgresql_where=text("not removed"),
        ),
        Index("team_membership_team", "organization_id", "team_id", "id"),
        Index("team_membership_person", "organization_id", "person_id", "id"),
    )


class TeamMembershipVersionRow(TeamMembershipDefinition, table=True):
    """Version of a team membership, valid from its `seq` to the next version's."""

    __tablename__ = "team_membership_version"
    __table_args__ = (inside("id", "team_membership"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
