"""Tables of review records and their versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from okr_api.okr.review_record import ReviewDecision, RootCause

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


class ReviewRecordDefinition(Owned):
    """Columns that a review record and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    objective_id: UUID
    decision: str = Field(sa_type=WORD)
    decision_reason: str = Field(sa_type=WORD)
    went_well: str | None = Field(sa_type=WORD, nullable=True)
    did_not: str | None = Field(sa_type=WORD, nullable=True)
    learned: str | None = Field(sa_type=WORD, nullable=True)
    celebration: str | None = Field(sa_type=WORD, nullable=True)
    root_cause: str | None = Field(sa_type=WORD, nullable=True)
    version: int = 1
    removed: bool = False


class ReviewRecordRow(ReviewRecordDefinition, table=True):
    """Review of an objective: one for each, except those that were deleted."""

    __tablename__ = "review_record"
    __table_args__ = (
        of_organization(),
        one_external_id("review_record"),
        inside("objective_id", "objective"),
        one_of("decision", ReviewDecision, "review_record_decision"),
        one_of("root_cause", RootCause, "review_record_root_cause"),
        Index("review_record_objective", "organization_id", "objective_id", "id"),
        Index(
            "review_record_once",
            "organization_id",
            "objective_id",
            unique=True,
            postgresql_where=text("not removed"),
        ),
    )


class ReviewRecordVersionRow(ReviewRecordDefinition, table=True):
    """Version of a review record, valid from its `seq` to the next version's."""

    __tablename__ = "review_record_version"
    __table_args__ = (inside("id", "review_record"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
