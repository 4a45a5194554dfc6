"""Mappers between check-in rows and `CheckIn` and `Reading` objects."""

from typing import Any

from okr_api.okr.check_in import Author, CheckIn, ReportedStatus
from okr_api.okr.key_result import Reading

from .computed_columns import Row, as_tuple, maybe

CHECK_IN_COLUMNS = (
    "id",
    "external_id",
    "key_result_id",
    "definition",
    "seq",
    "place",
    "value",
    "milestones_done",
    "confidence",
    "status",
    "note",
    "effective_at",
    "recorded_at",
    "supersedes_id",
    "retraction_reason",
    "imported_as",
)


def check_in_of(row: Row) -> CheckIn:
    """Return the check-in in a row."""
    return CheckIn(
        **{name: row[name] for name in CHECK_IN_COLUMNS}
        | {
            "milestones_done": as_tuple(row["milestones_done"]),
            "status": maybe(ReportedStatus, row["status"]),
            "author": Author(row["author_name"], row["author_person_id"]),
        }
    )


def check_in_row(check_in: CheckIn) -> dict[str, Any]:
    """Return the columns of a check-in."""
    return {name: getattr(check_in, name) for name in CHECK_IN_COLUMNS} | {
        "author_name": check_in.author.name,
        "author_person_id": check_in.author.person_id,
    }


def reading_of(row: Row) -> Reading:
    """Return the reading in a check-in's row."""
    return Reading(
        effective_at=row["effective_at"],
        seq=row["seq"],
        place=row["place"],
        check_in_id=row["id"],
        definition=row["definition"],
        value=row["value"],
        milestones_done=as_tuple(row["milestones_done"]),
        confidence=row["confidence"],
        status=row["status"],
    )
