"""Tables of meetings and their versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from .columns import BIG, IDS, INSTANT, WORD, Owned, inside, of_organization, one_external_id


class MeetingDefinition(Owned):
    """Columns that a meeting and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    team_id: UUID
    cycle_id: UUID
    held_at: datetime = Field(sa_type=INSTANT)
    notes: str | None = Field(sa_type=WORD, nullable=True)
    attendee_ids: list[UUID] = Field(sa_type=IDS)
    version: int = 1
    removed: bool = False


class MeetingRow(MeetingDefinition, table=True):
    """Meeting of a team; `removed` for one that was deleted."""

    __tablename__ = "meeting"
    __table_args__ = (
        of_organization(),
        one_external_id("meeting"),
        inside("team_id", "team"),
        inside("cycle_id", "cycle"),
        Index("meeting_team", "organization_id", "team_id", "held_at", "id"),
        Index("meeting_cycle", "organization_id", "cycle_id", "held_at", "id"),
    )


class MeetingVersionRow(MeetingDefinition, table=True):
    """Version of a meeting, valid from its `seq` to the next version's."""

    __tablename__ = "meeting_version"
    __table_args__ = (inside("id", "meeting"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
