"""Tables of pulses, their versions, and the ballots of those that are open."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from okr_api.okr.pulse import PulseState

from .columns import (
    BIG,
    BIGS,
    INSTANT,
    WORD,
    WORDS,
    Owned,
    inside,
    of_organization,
    one_external_id,
    one_of,
)


class PulseDefinition(Owned):
    """Columns that a pulse and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    cycle_id: UUID
    questions: list[str] = Field(sa_type=WORDS)
    state: str = Field(sa_type=WORD)
    counts: list[int] = Field(sa_type=BIGS)
    version: int = 1
    removed: bool = False


class PulseRow(PulseDefinition, table=True):
    """Pulse of a cycle: one for each, except those that were deleted."""

    __tablename__ = "pulse"
    __table_args__ = (
        of_organization(),
        one_external_id("pulse"),
        inside("cycle_id", "cycle"),
        one_of("state", PulseState, "pulse_state"),
        Index("pulse_cycle", "organization_id", "cycle_id", "id"),
        Index("pulse_once", "organization_id", "cycle_id", unique=True, postgresql_where=text("not removed")),
    )


class PulseVersionRow(PulseDefinition, table=True):
    """Version of a pulse, valid from its `seq` to the next version's."""

    __tablename__ = "pulse_version"
    __table_args__ = (inside("id", "pulse"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)


class PulseBallotRow(SQLModel, table=True):
    """Answers to an open pulse, all in one row without any time; see `okr.pulse.Ballot`."""

    __tablename__ = "pulse_ballot"
    __table_args__ = (inside("pulse_id", "pulse"),)
    organization_id: UUID = Field(primary_key=True)
    pulse_id: UUID = Field(primary_key=True)
    secret: bytes
    marks: bytes
    counts: list[int] = Field(sa_type=BIGS)
