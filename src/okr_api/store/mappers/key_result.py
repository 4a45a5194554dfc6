"""Mappers between key result rows and `KeyResult`, `KeyResultStanding` and `KeyResultPart` objects."""

from datetime import date
from typing import Any

from okr_api.okr.computed_values import KeyResultStanding, ProgressReason
from okr_api.okr.key_result import KeyResult, KeyResultState, counts
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone
from okr_api.okr.rollup_summary import KeyResultPart

from .computed_columns import (
    STATUSES,
    Row,
    as_tuple,
    curve_of,
    maybe,
    moving_columns,
    part_status_of,
    timeline_of,
    words,
)

MEASURES, STATES, REASONS = map(words, (KeyResultMeasure, KeyResultState, ProgressReason))

KEY_RESULT_COLUMNS = (
    "id",
    "external_id",
    "objective_id",
    "title",
    "description",
    "weight",
    "due_on",
    "owner_id",
    "state",
    "definition",
    "imported_score",
    "imported_fields",
    "created_at",
    "version",
)
MEASURE_COLUMNS = (
    "unit",
    "start_value",
    "target_value",
    "lower_bound",
    "upper_bound",
    "commit_value",
    "stretch_value",
)
KEY_RESULT_NUMBERS = (
    "current_value",
    "milestones_done",
    "latest_check_in_id",
    "raw_progress",
    "progress",
    "progress_reason",
    "coverage",
    "holds",
    "held_share",
    "confidence",
    "reported_status",
    "reported_until",
    "score_at_end",
    "outcome",
)


def measure_of(row: Row) -> Measure:
    """Return the measure in a key result's row."""
    return Measure(
        MEASURES[row["measure"]],
        milestones=tuple(
            [
                Milestone(m["key"], m["name"], m["weight"], maybe(date.fromisoformat, m["dueOn"]))
                for m in row["milestones"]
            ]
        ),
        unit=row["unit"],
        start_value=row["start_value"],
        target_value=row["target_value"],
        lower_bound=row["lower_bound"],
        upper_bound=row["upper_bound"],
        commit_value=row["commit_value"],
        stretch_value=row["stretch_value"],
    )


def key_result_of(row: Row) -> KeyResult:
    """Return the key result in a row."""
    return KeyResult(
        id=row["id"],
        external_id=row["external_id"],
        objective_id=row["objective_id"],
        title=row["title"],
        description=row["description"],
        measure=measure_of(row),
        weight=row["weight"],
        due_on=row["due_on"],
        owner_id=row["owner_id"],
        state=STATES[row["state"]],
        definition=row["definition"],
        imported_score=row["imported_score"],
        imported_fields=row["imported_fields"],
        created_at=row["created_at"],
        version=row["version"],
    )


def key_result_standing_of(row: Row) -> KeyResultStanding:
    """Return the standing of the key result in a row."""
    return KeyResultStanding(
        current_value=row["current_value"],
        start_value=row["counted_from"],
        milestones_done=as_tuple(row["milestones_done"]),
        latest_check_in_id=row["latest_check_in_id"],
        raw_progress=row["raw_progress"],
        progress=row["progress"],
        progress_reason=REASONS[row["progress_reason"]],
        coverage=row["coverage"],
        holds=row["holds"],
        held_share=row["held_share"],
        confidence=row["confidence"],
        reported_status=STATUSES[row["reported_status"]],
        reported_until=row["reported_until"],
        score_at_end=row["score_at_end"],
        outcome=STATUSES[row["outcome"]],
        expected=curve_of(row),
        derived=timeline_of(row, "derived_statuses", "derived_turns"),
        status=timeline_of(row, "statuses", "status_turns"),
    )


def key_result_part_of(row: Row) -> KeyResultPart:
    """Return the roll-up summary of the key result in a row."""
    return KeyResultPart(
        counts=counts(STATES[row["state"]], row["weight"]),
        weight=row["weight"],
        progress=row["progress"],
        progress_reason=REASONS[row["progress_reason"]],
        coverage=row["coverage"],
        confidence=row["confidence"],
        score_at_end=row["score_at_end"],
        status=part_status_of(row),
    )


def key_result_row(key_result: KeyResult, standing: KeyResultStanding) -> dict[str, Any]:
    """Return the columns of a key result and its standing."""
    measure = key_result.measure
    return (
        {name: getattr(key_result, name) for name in KEY_RESULT_COLUMNS}
        | {name: getattr(measure, name) for name in MEASURE_COLUMNS}
        | {"measure": measure.kind, "milestones": milestones_document(measure)}
        | key_result_numbers(standing)
        | moving_columns(standing)
    )


def key_result_numbers(standing: KeyResultStanding) -> dict[str, Any]:
    """Return the columns of the numbers that a change can move."""
    numbers = {name: getattr(standing, name) for name in KEY_RESULT_NUMBERS}
    return {**numbers, "counted_from": standing.start_value}


def milestones_document(measure: Measure) -> list[dict[str, Any]]:
    """Return the milestones as stored documents, with the keys of the GraphQL API."""
    return [{"key": m.key, "name": m.name, "weight": m.weight, "dueOn": m.due_on} for m in measure.milestones]
