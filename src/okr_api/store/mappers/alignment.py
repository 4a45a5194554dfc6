"""Mapper between alignment rows and `Alignment` objects."""

from typing import Any

from okr_api.okr.alignment import Alignment

from .row_mapper import row_mapper

ALIGNMENT = row_mapper(Alignment)
alignment_of = ALIGNMENT.object_of


def alignment_row(alignment: Alignment) -> dict[str, Any]:
    """Return the columns of an alignment."""
    return {**ALIGNMENT.row_of(alignment), "parent_id": alignment.parent_id}
