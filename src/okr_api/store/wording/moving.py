"""What the stored forms of numbers have in common."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from okr_api.okr.standing import PENDING, Curve, KeyResultStanding, ObjectiveStanding, Status, Timeline
from okr_api.store.rows import Row

__all__ = [
    "CURVE",
    "STATUSES",
    "TURNS",
    "Row",
    "as_tuple",
    "curve_of",
    "maybe",
    "moving_columns",
    "part_status_of",
    "timeline_of",
    "words",
]


def words(word: type[StrEnum]) -> Mapping[str | None, Any]:
    """The words of an enum by their text, None by None: looking one up costs a fraction of making it."""
    return {None: None, **{str(one.value): one for one in word}}


STATUSES = words(Status)


def maybe(word: Any, value: Any) -> Any:
    """The value as the word, or None for None."""
    return None if value is None else word(value)


def as_tuple(value: Any) -> Any:
    """The array as a tuple, or None for None."""
    return None if value is None else tuple(value)


def curve_of(row: Row) -> Curve:
    """The expected progress in a row."""
    return tuple(zip(row["expected_at"], row["expected"], strict=True))


def timeline_of(row: Row, statuses: str, turns: str) -> Timeline:
    """The statuses in a row, with their turns."""
    return Timeline(tuple([STATUSES[status] for status in row[statuses]]), tuple(row[turns]))


def part_status_of(row: Row) -> Timeline:
    """Return the status of a part in a row; PENDING where it was not read."""
    return timeline_of(row, "statuses", "status_turns") if row["statuses"] is not None else PENDING


def moving_columns(standing: ObjectiveStanding | KeyResultStanding) -> dict[str, Any]:
    """The columns of what moves with the clock."""
    return {
        "expected_at": [at for at, _ in standing.expected],
        "expected": [fraction for _, fraction in standing.expected],
        "derived_turns": standing.derived.turns,
        "derived_statuses": standing.derived.statuses,
        "status_turns": standing.status.turns,
        "statuses": standing.status.statuses,
    }


CURVE = ("expected_at", "expected")
TURNS = ("derived_turns", "derived_statuses", "status_turns", "statuses")
