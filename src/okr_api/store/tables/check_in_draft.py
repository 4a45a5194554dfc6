"""Tables of drafts of check-ins and their versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
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


class CheckInDraftDefinition(Owned):
    """Columns that a draft of a check-in and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    assignee_id: UUID
    author_name: str = Field(sa_type=WORD)
    author_person_id: UUID | None = None
    objective_id: UUID | None = None
    key_result_id: UUID | None = None
    value: float | None = Field(sa_type=NUMBER, nullable=True)
    milestones_done: list[str] | None = Field(sa_type=WORDS, nullable=True)
    confidence: float | None = Field(sa_type=NUMBER, nullable=True)
    status: str | None = Field(sa_type=WORD, nullable=True)
    note: str | None = Field(sa_type=WORD, nullable=True)
    effective_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    version: int = 1
    removed: bool = False


class CheckInDraftRow(CheckInDraftDefinition, table=True):
    """Draft of a check-in; `removed` for one that was published or deleted."""

    __tablename__ = "check_in_draft"
    __table_args__ = (
        of_organization(),
        one_external_id("check_in_draft"),
        inside("assignee_id", "person"),
        inside("author_person_id", "person"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        one_of("status", ReportedStatus, "check_in_draft_status"),
        share("confidence", "check_in_draft_confidence"),
        CheckConstraint("num_nonnulls(objective_id, key_result_id) = 1", name="check_in_draft_of_one"),
        Index("check_in_draft_objective", "organization_id", "objective_id", "id"),
        Index("check_in_draft_key_result", "organization_id", "key_result_id", "id"),
        Index("check_in_draft_assignee", "organization_id", "assignee_id", "id"),
    )


class CheckInDraftVersionRow(CheckInDraftDefinition, table=True):
    """Version of a draft of a check-in, valid from its `seq` to the next version's."""

    __tablename__ = "check_in_draft_version"
    __table_args__ = (inside("id", "check_in_draft"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
