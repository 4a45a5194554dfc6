"""Mappers between objective rows and `Objective`, `ObjectiveStanding` and `ObjectivePart` objects."""

from typing import Any

from okr_api.okr.computed_values import ObjectiveStanding, ProgressReason
from okr_api.okr.objective import (
    COUNTING,
    Objective,
    ObjectiveKind,
    ObjectiveState,
    ProgressSource,
)
from okr_api.okr.rollup_summary import ObjectivePart

from .computed_columns import (
    STATUSES,
    Row,
    curve_of,
    moving_columns,
    part_status_of,
    timeline_of,
    words,
)

KINDS, STATES, SOURCES, REASONS = map(words, (ObjectiveKind, ObjectiveState, ProgressSource, ProgressReason))

OBJECTIVE_COLUMNS = (
    "id",
    "external_id",
    "cycle_id",
    "title",
    "description",
    "kind",
    "state",
    "progress_source",
    "owner_id",
    "team_id",
    "contributor_ids",
    "imported_score",
    "version",
    "is_dropped_draft",
)
OBJECTIVE_NUMBERS = (
    "progress",
    "progress_reason",
    "progress_from",
    "coverage",
    "confidence",
    "lowest_confidence",
    "score_at_end",
    "score_floor",
    "partial",
    "outcome",
)


def objective_of(row: Row) -> Objective:
    """Return the objective in a row."""
    return Objective(
        id=row["id"],
        external_id=row["external_id"],
        cycle_id=row["cycle_id"],
        title=row["title"],
        description=row["description"],
        kind=KINDS[row["kind"]],
        state=STATES[row["state"]],
        progress_source=SOURCES[row["progress_source"]],
        owner_id=row["owner_id"],
        team_id=row["team_id"],
        contributor_ids=tuple(row["contributor_ids"]),
        imported_score=row["imported_score"],
        version=row["version"],
        is_dropped_draft=row["is_dropped_draft"],
    )


def objective_standing_of(row: Row) -> ObjectiveStanding:
    """Return the standing of the objective in a row."""
    return ObjectiveStanding(
        progress=row["progress"],
        progress_reason=REASONS[row["progress_reason"]],
        progress_from=SOURCES[row["progress_from"]],
        coverage=row["coverage"],
        confidence=row["confidence"],
        lowest_confidence=row["lowest_confidence"],
        score_at_end=row["score_at_end"],
        score_floor=row["score_floor"],
        partial=row["partial"],
        outcome=STATUSES[row["outcome"]],
        expected=curve_of(row),
        derived=timeline_of(row, "derived_statuses", "derived_turns"),
        status=timeline_of(row, "statuses", "status_turns"),
    )


def objective_part_of(row: Row) -> ObjectivePart:
    """Return the roll-up summary of the objective in a row."""
    return ObjectivePart(
        counts=STATES[row["state"]] in COUNTING,
        progress=row["progress"],
        progress_reason=REASONS[row["progress_reason"]],
        coverage=row["coverage"],
        confidence=row["confidence"],
        lowest_confidence=row["lowest_confidence"],
        score_at_end=row["score_at_end"],
        score_floor=row["score_floor"],
        partial=row["partial"],
        status=part_status_of(row),
    )


def objective_row(objective: Objective, standing: ObjectiveStanding) -> dict[str, Any]:
    """Return the columns of an objective and its standing."""
    return (
        {name: getattr(objective, name) for name in OBJECTIVE_COLUMNS}
        | objective_numbers(standing)
        | moving_columns(standing)
    )


def objective_numbers(standing: ObjectiveStanding) -> dict[str, Any]:
    """Return the columns of the numbers that a change can move."""
    return {name: getattr(standing, name) for name in OBJECTIVE_NUMBERS}
