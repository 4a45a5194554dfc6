"""Table of check-ins, which are appended and never updated."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from okr_api.okr.check_in import ReportedStatus

from .columns import (
    BIG,
    INSTANT,
    NUMBER,
    WORD,
    WORDS,
    Owned,
    inside,
    of_organization,
    one_external_id,
    one_of,
    share,
)


class CheckInRow(Owned, table=True):
    """Check-in on a key result or an objective; live if no other supersedes it and it is no retraction."""

    __tablename__ = "check_in"
    __table_args__ = (
        of_organization(),
        one_external_id("check_in"),
        inside("key_result_id", "key_result"),
        inside("objective_id", "objective"),
        inside("author_person_id", "person"),
        inside("supersedes_id", "check_in"),
        inside("metric_reading_id", "metric_reading"),
        one_of("status", ReportedStatus, "check_in_status"),
        CheckConstraint("num_nonnulls(key_result_id, objective_id) = 1", name="check_in_of_one"),
        share("confidence", "check_in_confidence"),
        Index(
            "check_in_order",
            "organization_id",
            "key_result_id",
            "effective_at",
            "seq",
            "place",
        ),
        Index(
            "check_in_objective_order",
            "organization_id",
            "objective_id",
            "effective_at",
            "seq",
            "place",
            postgresql_where=text("objective_id is not null"),
        ),
        Index(
            "check_in_supersedes",
            "organization_id",
            "supersedes_id",
            unique=True,
            postgresql_where=text("supersedes_id is not null"),
        ),
        Index(
            "check_in_metric_reading",
            "organization_id",
            "metric_reading_id",
            postgresql_where=text("metric_reading_id is not null"),
        ),
        Index(
            "check_in_imported_as",
            "organization_id",
            "imported_as",
            "key_result_id",
            postgresql_where=text("imported_as is not null"),
        ),
    )
    external_id: str | None = Field(sa_type=WORD, nullable=True)
    key_result_id: UUID | None = None
    objective_id: UUID | None = None
    definition: int
    seq: int = Field(sa_type=BIG)
    place: int
    value: float | None = Field(sa_type=NUMBER, nullable=True)
    milestones_done: list[str] | None = Field(sa_type=WORDS, nullable=True)
    confidence: float | None = Field(sa_type=NUMBER, nullable=True)
    status: str | None = Field(sa_type=WORD, nullable=True)
    note: str | None = Field(sa_type=WORD, nullable=True)
    effective_at: datetime = Field(sa_type=INSTANT)
    recorded_at: datetime = Field(sa_type=INSTANT)
    author_name: str = Field(sa_type=WORD)
    author_person_id: UUID | None = None
    supersedes_id: UUID | None = None
    retraction_reason: str | None = Field(sa_type=WORD, nullable=True)
    metric_reading_id: UUID | None = None
    imported_as: str | None = Field(sa_type=WORD, nullable=True)
