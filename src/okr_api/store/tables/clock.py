"""Table of clock positions: up to which instant each organisation's feed has the events of the clock."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from .columns import BIG, INSTANT, WORD, of_organization


class ClockPositionRow(SQLModel, table=True):
    """Position of one source of clock events: see `okr.clock_event.ClockPosition`.

    While the feed's head is at `seq`, no event is due before `next_at`, and none at all if that is null.
    """

    __tablename__ = "clock_position"
    __table_args__ = (of_organization(),)
    organization_id: UUID = Field(primary_key=True)
    source: str = Field(sa_type=WORD, primary_key=True)
    told_until: datetime = Field(sa_type=INSTANT)
    node_id: UUID | None = None
    seq: int = Field(sa_type=BIG)
    next_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
