"""Tables of experiments and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from okr_api.okr.experiment import ExperimentOutcome, ExperimentState

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


class ExperimentDefinition(Owned):
    """Columns that an experiment and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    hypothesis: str = Field(sa_type=WORD)
    key_result_id: UUID
    what_changes: str | None = Field(sa_type=WORD, nullable=True)
    expected_value: float | None = Field(sa_type=NUMBER, nullable=True)
    expected_by: date | None = None
    owner_id: UUID | None = None
    state: str = Field(sa_type=WORD)
    started_on: date | None = None
    ended_on: date | None = None
    outcome: str | None = Field(sa_type=WORD, nullable=True)
    conclusion: str | None = Field(sa_type=WORD, nullable=True)
    version: int = 1
    removed: bool = False


class ExperimentRow(ExperimentDefinition, table=True):
    """Experiment of a key result; `removed` for one that was deleted."""

    __tablename__ = "experiment"
    __table_args__ = (
        of_organization(),
        one_external_id("experiment"),
        inside("key_result_id", "key_result"),
        inside("owner_id", "person"),
        one_of("state", ExperimentState, "experiment_state"),
        one_of("outcome", ExperimentOutcome, "experiment_outcome"),
        CheckConstraint("(state = 'CONCLUDED') = (outcome is not null)", name="experiment_concluded"),
        CheckConstraint(
            "(state = 'CONCLUDED' or state = 'ABANDONED') = (ended_on is not null)", name="experiment_over"
        ),
        CheckConstraint("started_on <= ended_on", name="experiment_days"),
        Index("experiment_key_result", "organization_id", "key_result_id", "id"),
        Index("experiment_owner", "organization_id", "owner_id", "id"),
    )


class ExperimentVersionRow(ExperimentDefinition, table=True):
    """Version of an experiment, valid from its `seq` to the next version's."""

    __tablename__ = "experiment_version"
    __table_args__ = (inside("id", "experiment"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
