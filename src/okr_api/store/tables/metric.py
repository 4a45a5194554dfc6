"""Tables of metrics, their versions, and their readings, which are appended and never updated."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from okr_api.okr.metric import BetterDirection

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


class MetricDefinition(Owned):
    """Columns that a metric and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    name: str = Field(sa_type=WORD)
    unit: str | None = Field(sa_type=WORD, nullable=True)
    description: str | None = Field(sa_type=WORD, nullable=True)
    better_direction: str = Field(sa_type=WORD)
    owner_id: UUID | None = None
    team_id: UUID | None = None
    version: int = 1
    removed: bool = False


class MetricRow(MetricDefinition, table=True):
    """Metric; `removed` for one that was deleted."""

    __tablename__ = "metric"
    __table_args__ = (
        of_organization(),
        one_external_id("metric"),
        inside("owner_id", "person"),
        inside("team_id", "team"),
        one_of("better_direction", BetterDirection, "metric_better_direction"),
    )


class MetricVersionRow(MetricDefinition, table=True):
    """Version of a metric, valid from its `seq` to the next version's."""

    __tablename__ = "metric_version"
    __table_args__ = (inside("id", "metric"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)


class MetricReadingRow(Owned, table=True):
    """Reading of a metric; it is live if no other supersedes it and it is no retraction."""

    __tablename__ = "metric_reading"
    __table_args__ = (
        of_organization(),
        one_external_id("metric_reading"),
        inside("metric_id", "metric"),
        inside("author_person_id", "person"),
        inside("supersedes_id", "metric_reading"),
        Index(
            "metric_reading_order",
            "organization_id",
            "metric_id",
            "effective_at",
            "seq",
            "place",
        ),
        Index(
            "metric_reading_supersedes",
            "organization_id",
            "supersedes_id",
            unique=True,
            postgresql_where=text("supersedes_id is not null"),
        ),
    )
    external_id: str | None = Field(sa_type=WORD, nullable=True)
    metric_id: UUID
    effective_at: datetime = Field(sa_type=INSTANT)
    recorded_at: datetime = Field(sa_type=INSTANT)
    author_name: str = Field(sa_type=WORD)
    author_person_id: UUID | None = None
    seq: int = Field(sa_type=BIG)
    place: int
    value: float | None = Field(sa_type=NUMBER, nullable=True)
    note: str | None = Field(sa_type=WORD, nullable=True)
    supersedes_id: UUID | None = None
    retraction_reason: str | None = Field(sa_type=WORD, nullable=True)
