"""Tables of roadblocks and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from okr_api.okr.roadblock import RoadblockState, RoadblockType

from .columns import (
    BIG,
    INSTANT,
    WORD,
    Owned,
    inside,
    of_organization,
    one_external_id,
    one_of,
)


class RoadblockDefinition(Owned):
    """Columns that a roadblock and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    title: str = Field(sa_type=WORD)
    objective_id: UUID | None = None
    key_result_id: UUID | None = None
    description: str | None = Field(sa_type=WORD, nullable=True)
    type: str = Field(sa_type=WORD)
    owner_id: UUID | None = None
    next_action: str | None = Field(sa_type=WORD, nullable=True)
    due_on: date | None = None
    escalated_to_id: UUID | None = None
    escalation_reason: str | None = Field(sa_type=WORD, nullable=True)
    state: str = Field(sa_type=WORD)
    resolution: str | None = Field(sa_type=WORD, nullable=True)
    resolved_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    version: int = 1
    removed: bool = False


class RoadblockRow(RoadblockDefinition, table=True):
    """Roadblock of an objective or of a key result; `removed` for one that was deleted."""

    __tablename__ = "roadblock"
    __table_args__ = (
        of_organization(),
        one_external_id("roadblock"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        inside("owner_id", "person"),
        inside("escalated_to_id", "person"),
        one_of("type", RoadblockType, "roadblock_type"),
        one_of("state", RoadblockState, "roadblock_state"),
        CheckConstraint("num_nonnulls(objective_id, key_result_id) = 1", name="roadblock_of_one"),
        CheckConstraint("(state = 'RESOLVED') = (resolved_at is not null)", name="roadblock_resolved"),
        Index("roadblock_objective", "organization_id", "objective_id", "id"),
        Index("roadblock_key_result", "organization_id", "key_result_id", "id"),
        Index("roadblock_owner", "organization_id", "owner_id", "id"),
        Index(
            "roadblock_escalated_to",
            "organization_id",
            "escalated_to_id",
            "id",
            postgresql_where=text("escalated_to_id is not null"),
        ),
    )


class RoadblockVersionRow(RoadblockDefinition, table=True):
    """Version of a roadblock, valid from its `seq` to the next version's."""

    __tablename__ = "roadblock_version"
    __table_args__ = (inside("id", "roadblock"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
