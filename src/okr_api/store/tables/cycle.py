"""Tables of cycles and their versions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from okr_api.okr.cycle import CycleState

from .columns import (
    BIG,
    DOCUMENT,
    INSTANT,
    WORD,
    Owned,
    inside,
    of_organization,
    one_external_id,
    one_of,
)


class CycleDefinition(Owned):
    """Columns that a cycle and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    name: str = Field(sa_type=WORD)
    starts_on: date
    ends_on: date
    parent_id: UUID | None = None
    state: str = Field(sa_type=WORD)
    version: int = 1
    rules: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)


class CycleRow(CycleDefinition, table=True):
    """Cycle, with its first instant and its end in the organisation's time zone."""

    __tablename__ = "cycle"
    __table_args__ = (
        of_organization(),
        one_external_id("cycle"),
        inside("parent_id", "cycle"),
        one_of("state", CycleState, "cycle_state"),
        CheckConstraint("starts_on <= ends_on", name="cycle_days"),
    )
    starts_at: datetime = Field(sa_type=INSTANT)
    ends_at: datetime = Field(sa_type=INSTANT)


class CycleVersionRow(CycleDefinition, table=True):
    """Version of a cycle, valid from its `seq` to the next version's."""

    __tablename__ = "cycle_version"
    __table_args__ = (inside("id", "cycle"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
