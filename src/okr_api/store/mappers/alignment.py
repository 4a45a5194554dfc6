"""Mapper between alignment rows and `Alignment` objects."""

from typing import Any

from okr_api.okr.alignment import Alignment, AlignmentKind

from .computed_columns import Row, words

KINDS = words(AlignmentKind)


def alignment_of(row: Row) -> Alignment:
    """Return the alignment in a row."""
    return Alignment(
        child_id=row["child_id"],
        parent_objective_id=row["parent_objective_id"],
        parent_key_result_id=row["parent_key_result_id"],
        kind=KINDS[row["kind"]],
        weight=row["weight"],
    )


def alignment_row(alignment: Alignment) -> dict[str, Any]:
    """Return the columns of an alignment."""
    return {
        "child_id": alignment.child_id,
        "parent_id": alignment.parent_id,
        "parent_objective_id": alignment.parent_objective_id,
        "parent_key_result_id": alignment.parent_key_result_id,
        "kind": alignment.kind,
        "weight": alignment.weight,
    }
