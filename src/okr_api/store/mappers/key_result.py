"""Mappers between key result rows and `KeyResult`, `KeyResultStanding` and `KeyResultPart` objects."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from okr_api.okr.computed_values import KeyResultStanding
from okr_api.okr.key_result import KeyResult, KeyResultState, counts
from okr_api.okr.measure import Measure, Milestone
from okr_api.okr.rollup_summary import KeyResultPart
from okr_api.store.bulk_write import Row

from .computed_columns import MOVING, moving_columns, part_status_of
from .row_mapper import maybe, row_mapper, words

STATES = words(KeyResultState)


def _milestones_of(row: Row) -> tuple[Milestone, ...]:
    return tuple(
        [
            Milestone(m["key"], m["name"], m["weight"], maybe(date.fromisoformat, m["dueOn"]))
            for m in row["milestones"]
        ]
    )


def _counts_of(row: Row) -> bool:
    return counts(STATES[row["state"]], row["weight"])


MEASURE = row_mapper(Measure, {"milestones": _milestones_of}, {"kind": "measure"})
KEY_RESULT = row_mapper(KeyResult, {"measure": MEASURE.object_of})
STANDING = row_mapper(KeyResultStanding, MOVING, {"start_value": "counted_from"})
KEY_RESULT_NUMBERS = STANDING.columns  # the numbers that a change can move
key_result_of = KEY_RESULT.object_of
key_result_standing_of = STANDING.object_of
key_result_part_of = row_mapper(KeyResultPart, {"counts": _counts_of, "status": part_status_of}).object_of
key_result_numbers = STANDING.row_of


def key_result_row(key_result: KeyResult, standing: KeyResultStanding) -> dict[str, Any]:
    """Return the columns of a key result and its standing."""
    row = KEY_RESULT.row_of(key_result)
    row |= MEASURE.row_of(key_result.measure)
    row["milestones"] = _milestones_document(key_result.measure.milestones)
    row |= STANDING.row_of(standing)
    row |= moving_columns(standing)
    return row


def _milestones_document(milestones: Sequence[Milestone]) -> list[dict[str, Any]]:
    """Return milestones as stored documents, with the keys of the GraphQL API."""
    return [{"key": m.key, "name": m.name, "weight": m.weight, "dueOn": m.due_on} for m in milestones]
