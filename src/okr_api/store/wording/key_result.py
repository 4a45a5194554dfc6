"""Key results as rows, with where they stand."""

from datetime import date
from typing import Any

from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone
from okr_api.okr.standing import KeyResultStanding, ProgressReason, Status

from .moving import Row, as_tuple, curve_of, maybe, moving_columns, timeline_of

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
    """The measure in a key result's row."""
    return Measure(
        kind=KeyResultMeasure(row["measure"]),
        milestones=tuple(
            Milestone(m["key"], m["name"], m["weight"], maybe(date.fromisoformat, m["dueOn"]))
            for m in row["milestones"]
        ),
        **{name: row[name] for name in MEASURE_COLUMNS},
    )


def key_result_of(row: Row) -> KeyResult:
    """The key result in a row."""
    return KeyResult(
        **{name: row[name] for name in KEY_RESULT_COLUMNS}
        | {"state": KeyResultState(row["state"]), "measure": measure_of(row)}
    )


def key_result_standing_of(row: Row) -> KeyResultStanding:
    """Where the key result in a row stands."""
    return KeyResultStanding(
        **{name: row[name] for name in KEY_RESULT_NUMBERS}
        | {
            "start_value": row["counted_from"],
            "milestones_done": as_tuple(row["milestones_done"]),
            "progress_reason": maybe(ProgressReason, row["progress_reason"]),
            "reported_status": maybe(Status, row["reported_status"]),
            "outcome": maybe(Status, row["outcome"]),
            "expected": curve_of(row),
            "derived": timeline_of(row, "derived_statuses", "derived_turns"),
            "status": timeline_of(row, "statuses", "status_turns"),
        }
    )


def key_result_row(key_result: KeyResult, standing: KeyResultStanding) -> dict[str, Any]:
    """The columns of a key result and of where it stands."""
    measure = key_result.measure
    return (
        {name: getattr(key_result, name) for name in KEY_RESULT_COLUMNS}
        | {name: getattr(measure, name) for name in MEASURE_COLUMNS}
        | {"measure": measure.kind, "milestones": milestones_document(measure)}
        | {name: getattr(standing, name) for name in KEY_RESULT_NUMBERS}
        | {"counted_from": standing.start_value}
        | moving_columns(standing)
    )


def milestones_document(measure: Measure) -> list[dict[str, Any]]:
    """The milestones as they are stored: keyed as clients see them."""
    return [{"key": m.key, "name": m.name, "weight": m.weight, "dueOn": m.due_on} for m in measure.milestones]
