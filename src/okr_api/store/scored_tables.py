"""Row classes, mappers and number columns of the tables with computed numbers: objectives, key results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import tables
from .mappers.key_result import KEY_RESULT_NUMBERS, key_result_numbers, key_result_row
from .mappers.objective import OBJECTIVE_NUMBERS, objective_numbers, objective_row

RowOf = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ScoredTable:
    """Row classes of an entity, its row mappers, and the columns of numbers that a change can move."""

    row: type[Any]
    version: type[Any]
    row_of: Callable[[Any, Any], dict[str, Any]]
    numbers_of: RowOf
    numbers: tuple[str, ...]


OBJECTIVES = ScoredTable(
    tables.ObjectiveRow, tables.ObjectiveVersionRow, objective_row, objective_numbers, OBJECTIVE_NUMBERS
)
KEY_RESULTS = ScoredTable(
    tables.KeyResultRow, tables.KeyResultVersionRow, key_result_row, key_result_numbers, KEY_RESULT_NUMBERS
)
