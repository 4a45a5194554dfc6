"""Tables of people and teams and their versions."""

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
    """Columns that a person and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    name: str = Field(sa_type=WORD)
    email: str | None = Field(sa_type=WORD, nullable=True)
    active: bool = True
    version: int = 1


class PersonRow(PersonDefinition, table=True):
    """Person; `active` is false for one who has left."""

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
    version: int = 1


class TeamRow(TeamDefinition, table=True):
    """Team; teams form a tree by `parent_id`."""

    __tablename__ = "team"
    __table_args__ = (of_organization(), one_external_id("team"), inside("parent_id", "team"))


class TeamVersionRow(TeamDefinition, table=True):
    """Version of a team, valid from its `seq` to the next version's."""

    __tablename__ = "team_version"
    __table_args__ = (inside("id", "team"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
