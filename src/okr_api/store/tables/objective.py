"""Tables of objectives with their computed numbers, and of their versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, false, text
from sqlmodel import Field

from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.okr.policy import ObjectiveVisibility
from okr_api.store.title_words import TITLE_WORDS

from .columns import (
    BIG,
    DERIVED,
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


class ObjectiveDefinition(Owned):
    """Columns that an objective and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    cycle_id: UUID
    title: str = Field(sa_type=WORD)
    description: str | None = Field(sa_type=WORD, nullable=True)
    kind: str = Field(sa_type=WORD)
    state: str = Field(sa_type=WORD)
    progress_source: str = Field(sa_type=WORD)
    owner_id: UUID | None = None
    team_id: UUID | None = None
    contributor_ids: list[UUID] = Field(sa_type=IDS)
    priority_ids: list[UUID] = Field(sa_type=IDS)
    stands_alone_reason: str | None = Field(sa_type=WORD, nullable=True)
    visibility: str = Field(sa_type=WORD)
    shared_with_ids: list[UUID] = Field(sa_type=IDS)
    cadence: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    imported_score: float | None = Field(sa_type=NUMBER, nullable=True)
    version: int = 1
    is_dropped_draft: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    replaces_id: UUID | None = None
    grade: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    carried_from_id: UUID | None = None


class ObjectiveRow(ObjectiveDefinition, table=True):
    """Objective with its standing, and with its audience: `viewer_ids` are null where everybody sees it."""

    __tablename__ = "objective"
    __table_args__ = (
        of_organization(),
        one_external_id("objective"),
        inside("cycle_id", "cycle"),
        inside("owner_id", "person"),
        inside("team_id", "team"),
        inside("replaces_id", "objective"),
        inside("carried_from_id", "objective", at_the_end=True),
        inside("lineage_id", "objective", at_the_end=True),
        one_of("kind", ObjectiveKind, "objective_kind"),
        one_of("state", ObjectiveState, "objective_state"),
        one_of("progress_source", ProgressSource, "objective_progress_source"),
        one_of("progress_from", ProgressSource, "objective_progress_from"),
        one_of("progress_reason", ProgressReason, "objective_progress_reason"),
        one_of("outcome", Status, "objective_outcome"),
        one_of("band", Band, "objective_band"),
        one_of("reported_status", ReportedStatus, "objective_reported_status"),
        one_of("visibility", ObjectiveVisibility, "objective_visibility"),
        share("progress", "objective_progress"),
        share("coverage", "objective_coverage"),
        share("final_score", "objective_final_score"),
        share("final_floor", "objective_final_floor"),
        share("reported_confidence", "objective_reported_confidence"),
        CheckConstraint("not is_dropped_draft or state = 'DROPPED'", name="objective_is_dropped_draft"),
        CheckConstraint(
            "(progress is null) = (progress_reason is not null)", name="objective_progress_or_reason"
        ),
        Index("objective_cycle", "organization_id", "cycle_id", "id"),
        Index("objective_team", "organization_id", "team_id", "id"),
        Index("objective_owner", "organization_id", "owner_id", "id"),
        Index(
            "objective_replaces",
            "organization_id",
            "replaces_id",
            "id",
            postgresql_where=text("replaces_id is not null"),
        ),
        Index(
            "objective_carried_from",
            "organization_id",
            "carried_from_id",
            "id",
            postgresql_where=text("carried_from_id is not null"),
        ),
        Index(
            "objective_lineage",
            "organization_id",
            "lineage_id",
            "id",
            postgresql_where=text("lineage_id is not null"),
        ),
        Index(
            "objective_restricted", "organization_id", "id", postgresql_where=text("viewer_ids is not null")
        ),
        Index("objective_priorities", "priority_ids", postgresql_using="gin"),
        Index(
            "objective_title_words",
            text(TITLE_WORDS.format(title="title")),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},  # each write pays for its own titles
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )
    viewer_ids: list[UUID] | None = Field(sa_type=IDS, nullable=True, sa_column_kwargs=DERIVED)
    effective_cadence: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    lineage_id: UUID | None = None
    lineage: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    progress: float | None = Field(sa_type=NUMBER, nullable=True)
    progress_reason: str | None = Field(sa_type=WORD, nullable=True)
    progress_from: str = Field(sa_type=WORD)
    coverage: float | None = Field(sa_type=NUMBER, nullable=True)
    confidence: float | None = Field(sa_type=NUMBER, nullable=True)
    lowest_confidence: float | None = Field(sa_type=NUMBER, nullable=True)
    score_at_end: float | None = Field(sa_type=NUMBER, nullable=True)
    score_floor: float | None = Field(sa_type=NUMBER, nullable=True)
    final_score: float | None = Field(sa_type=NUMBER, nullable=True)
    final_floor: float | None = Field(sa_type=NUMBER, nullable=True)
    partial: bool
    guard_rail_broken: bool = False
    latest_check_in_id: UUID | None = None
    reported_confidence: float | None = Field(sa_type=NUMBER, nullable=True)
    reported_status: str | None = Field(sa_type=WORD, nullable=True)
    reported_until: datetime | None = Field(sa_type=INSTANT, nullable=True)
    outcome: str | None = Field(sa_type=WORD, nullable=True)
    band: str | None = Field(sa_type=WORD, nullable=True)
    expected_at: list[datetime] = Field(sa_type=INSTANTS)
    expected: list[float] = Field(sa_type=NUMBERS)
    announced_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    derived_turns: list[datetime] = Field(sa_type=INSTANTS)
    derived_statuses: list[str] = Field(sa_type=WORDS)
    status_turns: list[datetime] = Field(sa_type=INSTANTS)
    statuses: list[str] = Field(sa_type=WORDS)


class ObjectiveVersionRow(ObjectiveDefinition, table=True):
    """Version of an objective, valid from its `seq` to the next version's."""

    __tablename__ = "objective_version"
    __table_args__ = (inside("id", "objective"), with_cadence("objective"))
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
