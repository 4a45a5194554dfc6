"""People and teams, as they are and as every version of them was."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from .columns import (
    BIG,
    INSTANT,
    WORD,
    Owned,
    inside,
    of_organization,
    one_external_id,
)


class PersonDefinition(Owned):
    """What a person's row and its versions have in common."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    name: str = Field(sa_type=WORD)
    email: str | None = Field(sa_type=WORD, nullable=True)
    active: bool = True
    version: int = 1


class PersonRow(PersonDefinition, table=True):
    """A person."""

    __tablename__ = "person"
    __table_args__ = (
        of_organization(),
        one_external_id("person"),
        Index(
            "person_email",
            "organization_id",
            text("lower(email)"),
            postgresql_where=text("active and email is not null"),
        ),
    )


class PersonVersionRow(PersonDefinition, table=True):
    """A person as defined at a `seq`, until the next one."""

    __tablename__ = "person_version"
    __table_args__ = (inside("id", "person"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)


class TeamDefinition(Owned):
    """What a team's row and its versions have in common."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    name: str = Field(sa_type=WORD)
    parent_id: UUID | None = None
    version: int = 1


class TeamRow(TeamDefinition, table=True):
    """A team."""

    __tablename__ = "team"
    __table_args__ = (of_organization(), one_external_id("team"), inside("parent_id", "team"))


class TeamVersionRow(TeamDefinition, table=True):
    """A team as defined at a `seq`, until the next one."""

    __tablename__ = "team_version"
    __table_args__ = (inside("id", "team"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
