"""Mappers between objective rows and `Objective`, `ObjectiveStanding` and `ObjectivePart` objects."""

from typing import Any

from okr_api.okr.cadence import EffectiveCadence
from okr_api.okr.computed_values import ObjectiveStanding
from okr_api.okr.objective import COUNTING, Objective, ObjectiveState
from okr_api.okr.rollup_summary import ObjectivePart
from okr_api.store.bulk_write import Row

from .computed_columns import MOVING, moving_columns, part_status_of
from .row_mapper import as_tuple, document_of, row_mapper, words

STATES = words(ObjectiveState)


def _counts_of(row: Row) -> bool:
    return STATES[row["state"]] in COUNTING


def _viewers_of(row: Row) -> Any:
    """Return the audience; versions have none."""
    return as_tuple(row.get("viewer_ids"))


def _effective_cadence_of(row: Row) -> Any:
    """Return the cadence that applies; versions have none."""
    document = row.get("effective_cadence")
    return None if document is None else EffectiveCadence.of_document(document)


def _lineage_of(row: Row) -> Any:
    """Return the first objective of the lineage; versions have none."""
    return row.get("lineage_id")


OBJECTIVE = row_mapper(
    Objective,
    {
        "viewer_ids": _viewers_of,
        "effective_cadence": _effective_cadence_of,
        "lineage_id": _lineage_of,
    },
)
STANDING = row_mapper(ObjectiveStanding, MOVING)
OBJECTIVE_NUMBERS = STANDING.columns  # the numbers that a change can move
objective_of = OBJECTIVE.object_of
objective_standing_of = STANDING.object_of
objective_part_of = row_mapper(ObjectivePart, {"counts": _counts_of, "status": part_status_of}).object_of
objective_numbers = STANDING.row_of


def objective_row(objective: Objective, standing: ObjectiveStanding) -> dict[str, Any]:
    """Return the columns of an objective and its standing."""
    row = OBJECTIVE.row_of(objective)
    row["viewer_ids"] = objective.viewer_ids
    row["lineage_id"] = objective.lineage_id
    row["effective_cadence"] = document_of(objective.effective_cadence)
    row |= STANDING.row_of(standing)
    row |= moving_columns(standing)
    return row
