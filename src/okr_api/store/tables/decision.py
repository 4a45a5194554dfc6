"""Tables of decisions and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from okr_api.okr.decision import DecisionState

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


class DecisionDefinition(Owned):
    """Columns that a decision and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    text: str = Field(sa_type=WORD)
    objective_id: UUID | None = None
    key_result_id: UUID | None = None
    meeting_id: UUID | None = None
    owner_id: UUID | None = None
    due_on: date | None = None
    state: str = Field(sa_type=WORD)
    version: int = 1
    removed: bool = False


class DecisionRow(DecisionDefinition, table=True):
    """Decision, about an objective, a key result or neither; `removed` for one that was deleted."""

    __tablename__ = "decision"
    __table_args__ = (
        of_organization(),
        one_external_id("decision"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        inside("meeting_id", "meeting"),
        inside("owner_id", "person"),
        one_of("state", DecisionState, "decision_state"),
        CheckConstraint("num_nonnulls(objective_id, key_result_id) <= 1", name="decision_about_one"),
        Index("decision_objective", "organization_id", "objective_id", "id"),
        Index("decision_key_result", "organization_id", "key_result_id", "id"),
        Index("decision_meeting", "organization_id", "meeting_id", "id"),
        Index("decision_owner", "organization_id", "owner_id", "id"),
    )


class DecisionVersionRow(DecisionDefinition, table=True):
    """Version of a decision, valid from its `seq` to the next version's."""

    __tablename__ = "decision_version"
    __table_args__ = (inside("id", "decision"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
