"""Tables of key results with their computed numbers, and of their versions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import JudgedBy, KeyResultMeasure

from .columns import (
    BIG,
    DOCUMENT,
    IDS,
    INSTANT,
    INSTANTS,
    NUMBER,
    NUMBERS,
    WORD,
    WORDS,
    Owned,
    inside,
    of_organization,
    one_external_id,
    one_of,
    share,
    with_cadence,
)


class KeyResultDefinition(Owned):
    """Columns that a key result and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    objective_id: UUID
    title: str = Field(sa_type=WORD)
    description: str | None = Field(sa_type=WORD, nullable=True)
    measure: str = Field(sa_type=WORD)
    unit: str | None = Field(sa_type=WORD, nullable=True)
    start_value: float | None = Field(sa_type=NUMBER, nullable=True)
    target_value: float | None = Field(sa_type=NUMBER, nullable=True)
    lower_bound: float | None = Field(sa_type=NUMBER, nullable=True)
    upper_bound: float | None = Field(sa_type=NUMBER, nullable=True)
    commit_value: float | None = Field(sa_type=NUMBER, nullable=True)
    stretch_value: float | None = Field(sa_type=NUMBER, nullable=True)
    milestones: list[Any] = Field(sa_type=DOCUMENT)
    judged_by: str | None = Field(sa_type=WORD, nullable=True)
    role: str = Field(sa_type=WORD)
    broken_budget: float | None = Field(sa_type=NUMBER, nullable=True)
    check_in_owner_id: UUID | None = None
    start_confidence: float | None = Field(sa_type=NUMBER, nullable=True)
    labels: list[str] = Field(sa_type=WORDS)
    formula_function: str | None = Field(sa_type=WORD, nullable=True)
    formula_part_ids: list[UUID] = Field(sa_type=IDS)
    cadence: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    target_revisions: list[Any] = Field(sa_type=DOCUMENT)
    grade: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    carried_from_id: UUID | None = None
    lineage_start_value: float | None = Field(sa_type=NUMBER, nullable=True)
    weight: float = Field(sa_type=NUMBER)
    due_on: date | None = None
    owner_id: UUID | None = None
    metric_id: UUID | None = None
    metric_from: date | None = None
    state: str = Field(sa_type=WORD)
    definition: int
    imported_score: float | None = Field(sa_type=NUMBER, nullable=True)
    imported_fields: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    created_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    version: int = 1


class KeyResultRow(KeyResultDefinition, table=True):
    """Key result with its standing."""

    __tablename__ = "key_result"
    __table_args__ = (
        of_organization(),
        one_external_id("key_result"),
        inside("objective_id", "objective"),
        inside("owner_id", "person"),
        inside("metric_id", "metric"),
        inside("check_in_owner_id", "person"),
        inside("carried_from_id", "key_result", at_the_end=True),
        one_of("measure", KeyResultMeasure, "key_result_measure"),
        one_of("state", KeyResultState, "key_result_state"),
        one_of("role", KeyResultRole, "key_result_role"),
        one_of("judged_by", JudgedBy, "key_result_judged_by"),
        one_of("formula_function", FormulaFunction, "key_result_formula_function"),
        one_of("progress_reason", ProgressReason, "key_result_progress_reason"),
        one_of("reported_status", ReportedStatus, "key_result_reported_status"),
        one_of("outcome", Status, "key_result_outcome"),
        one_of("band", Band, "key_result_band"),
        share("progress", "key_result_progress"),
        share("broken_budget", "key_result_broken_budget"),
        share("final_score", "key_result_final_score"),
        share("start_confidence", "key_result_start_confidence"),
        CheckConstraint("weight = 0 or weight between 1e-6 and 1e6", name="key_result_weight"),
        CheckConstraint(
            "(progress is null) = (progress_reason is not null)", name="key_result_progress_or_reason"
        ),
        Index("key_result_objective", "organization_id", "objective_id", "id"),
        Index("key_result_owner", "organization_id", "owner_id", "id"),
        Index(
            "key_result_metric",
            "organization_id",
            "metric_id",
            "id",
            postgresql_where=text("metric_id is not null"),
        ),
        Index(
            "key_result_formula",
            "organization_id",
            "id",
            postgresql_where=text("formula_function is not null"),
        ),
        Index(
            "key_result_formula_parts",
            "formula_part_ids",
            postgresql_using="gin",
            postgresql_where=text("formula_function is not null"),
        ),
        CheckConstraint(
            "(formula_function is null) = (cardinality(formula_part_ids) = 0)",
            name="key_result_formula_parts",
        ),
        Index("key_result_check_in_owner", "organization_id", "check_in_owner_id", "id"),
        Index(
            "key_result_carried_from",
            "organization_id",
            "carried_from_id",
            "id",
            postgresql_where=text("carried_from_id is not null"),
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )
    current_value: float | None = Field(sa_type=NUMBER, nullable=True)
    counted_from: float | None = Field(sa_type=NUMBER, nullable=True)
    milestones_done: list[str] | None = Field(sa_type=WORDS, nullable=True)
    latest_check_in_id: UUID | None = None
    raw_progress: float | None = Field(sa_type=NUMBER, nullable=True)
    progress: float | None = Field(sa_type=NUMBER, nullable=True)
    progress_reason: str | None = Field(sa_type=WORD, nullable=True)
    coverage: float = Field(sa_type=NUMBER)
    holds: bool | None = None
    held_share: float | None = Field(sa_type=NUMBER, nullable=True)
    held_share_at_end: float | None = Field(sa_type=NUMBER, nullable=True)
    original_progress: float | None = Field(sa_type=NUMBER, nullable=True)
    original_score_at_end: float | None = Field(sa_type=NUMBER, nullable=True)
    confidence: float | None = Field(sa_type=NUMBER, nullable=True)
    lineage: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    reported_status: str | None = Field(sa_type=WORD, nullable=True)
    reported_until: datetime | None = Field(sa_type=INSTANT, nullable=True)
    score_at_end: float | None = Field(sa_type=NUMBER, nullable=True)
    final_score: float | None = Field(sa_type=NUMBER, nullable=True)
    outcome: str | None = Field(sa_type=WORD, nullable=True)
    band: str | None = Field(sa_type=WORD, nullable=True)
    part_values: list[float | None] | None = Field(sa_type=NUMBERS, nullable=True)
    expected_at: list[datetime] = Field(sa_type=INSTANTS)
    expected: list[float] = Field(sa_type=NUMBERS)
    announced_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    derived_turns: list[datetime] = Field(sa_type=INSTANTS)
    derived_statuses: list[str] = Field(sa_type=WORDS)
    status_turns: list[datetime] = Field(sa_type=INSTANTS)
    statuses: list[str] = Field(sa_type=WORDS)


class KeyResultVersionRow(KeyResultDefinition, table=True):
    """Version of a key result, valid from its `seq` to the next version's."""

    __tablename__ = "key_result_version"
    __table_args__ = (inside("id", "key_result"), with_cadence("key_result"))
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
