"""Alignments, check-ins and changes as rows."""

from typing import Any

from okr_api.okr.alignment import Alignment, AlignmentKind
from okr_api.okr.change import Change, Delta
from okr_api.okr.check_in import Author, CheckIn, ReportedStatus
from okr_api.okr.key_result import Reading

from .computed_columns import (
    Row,
    as_tuple,
    maybe,
    words,
)

KINDS = words(AlignmentKind)


def alignment_of(row: Row) -> Alignment:
    """The edge in a row."""
    return Alignment(
        child_id=row["child_id"],
        parent_objective_id=row["parent_objective_id"],
        parent_key_result_id=row["parent_key_result_id"],
        kind=KINDS[row["kind"]],
        weight=row["weight"],
    )


def alignment_row(alignment: Alignment) -> dict[str, Any]:
    """The columns of an edge."""
    return {
        "child_id": alignment.child_id,
        "parent_id": alignment.parent_id,
        "parent_objective_id": alignment.parent_objective_id,
        "parent_key_result_id": alignment.parent_key_result_id,
        "kind": alignment.kind,
        "weight": alignment.weight,
    }


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
    """The check-in in a row."""
    return CheckIn(
        **{name: row[name] for name in CHECK_IN_COLUMNS}
        | {
            "milestones_done": as_tuple(row["milestones_done"]),
            "status": maybe(ReportedStatus, row["status"]),
            "author": Author(row["author_name"], row["author_person_id"]),
        }
    )


def check_in_row(check_in: CheckIn) -> dict[str, Any]:
    """The columns of a check-in."""
    return {name: getattr(check_in, name) for name in CHECK_IN_COLUMNS} | {
        "author_name": check_in.author.name,
        "author_person_id": check_in.author.person_id,
    }


def reading_of(row: Row) -> Reading:
    """What the check-in in a row says of its key result."""
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


def change_row(change: Change) -> dict[str, Any]:
    """The columns of a change."""
    return {
        "seq": change.seq,
        "recorded_at": change.recorded_at,
        "kind": change.kind,
        "author_name": change.author.name,
        "author_person_id": change.author.person_id,
        "node_type": change.node_type,
        "node_id": change.node_id,
        "fields": change.fields,
        "reason": change.reason,
        "deltas": change.deltas,  # their fields are the keys of the stored documents
        "check_in_ids": change.check_in_ids,
    }


def delta_document(delta: Delta) -> dict[str, Any]:
    """A delta as it is stored in its change."""
    return {
        "node_type": delta.node_type,
        "node_id": delta.node_id,
        "before": delta.before,
        "after": delta.after,
        "status_before": delta.status_before,
        "status_after": delta.status_after,
        "source_before": delta.source_before,
        "source_after": delta.source_after,
    }
