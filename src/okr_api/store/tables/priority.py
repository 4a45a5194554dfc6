"""Tables of strategic priorities and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from okr_api.okr.priority import PriorityState

from .columns import (
    BIG,
    INSTANT,
    NUMBER,
    WORD,
    Owned,
    inside,
    of_organization,
    one_external_id,
    one_of,
)


class PriorityDefinition(Owned):
    """Columns that a priority and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    title: str = Field(sa_type=WORD)
    description: str | None = Field(sa_type=WORD, nullable=True)
    owner_id: UUID | None = None
    rank: float = Field(sa_type=NUMBER)
    starts_on: date | None = None
    ends_on: date | None = None
    state: str = Field(sa_type=WORD)
    version: int = 1
    removed: bool = False


class PriorityRow(PriorityDefinition, table=True):
    """Strategic priority."""

    __tablename__ = "priority"
    __table_args__ = (
        of_organization(),
        one_external_id("priority"),
        inside("owner_id", "person"),
        one_of("state", PriorityState, "priority_state"),
        CheckConstraint("starts_on <= ends_on", name="priority_days"),
    )


class PriorityVersionRow(PriorityDefinition, table=True):
    """Version of a priority, valid from its `seq` to the next version's."""

    __tablename__ = "priority_version"
    __table_args__ = (inside("id", "priority"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
