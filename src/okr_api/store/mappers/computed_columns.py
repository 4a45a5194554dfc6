"""Mapping of the computed columns that objectives and key results share: curves, timelines, enums."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from okr_api.okr.computed_values import (
    PENDING,
    Curve,
    KeyResultStanding,
    ObjectiveStanding,
    Status,
    Timeline,
)
from okr_api.store.bulk_write import Row

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
    "turning_columns",
    "words",
]


def words(word: type[StrEnum]) -> Mapping[str | None, Any]:
    """Return the members of an enum by value, and None for None; a lookup is cheaper than the constructor."""
    return {None: None, **{str(one.value): one for one in word}}


STATUSES = words(Status)
# Replaces invalid stored turns. No facts compute to it, so `verify` reports it and `propagate` repairs it.
MALFORMED = Timeline((Status.PENDING, Status.PENDING), (datetime.max.replace(tzinfo=UTC),))


def maybe(word: Any, value: Any) -> Any:
    """Return the value converted by `word`; None for None."""
    return None if value is None else word(value)


def as_tuple(value: Any) -> Any:
    """Return the array as a tuple; None for None."""
    return None if value is None else tuple(value)


def curve_of(row: Row) -> Curve:
    """Return the expected curve in a row; arrays of unequal length, edited by hand, are left to `verify`."""
    return tuple(zip_longest(row["expected_at"], row["expected"]))


def timeline_of(row: Row, statuses: str, turns: str) -> Timeline:
    """Return the statuses in a row with their turns; `MALFORMED` if manual edits made them invalid."""
    instants = row[turns]
    try:
        known = tuple([STATUSES[status] for status in row[statuses]])
    except KeyError:
        return MALFORMED
    return Timeline(known, tuple(instants)) if len(known) == len(instants) + 1 else MALFORMED


def part_status_of(row: Row) -> Timeline:
    """Return the status of a part in a row; `PENDING` where it was not read."""
    return timeline_of(row, "statuses", "status_turns") if row["statuses"] is not None else PENDING


def moving_columns(standing: ObjectiveStanding | KeyResultStanding) -> dict[str, Any]:
    """Return the columns of what changes with time: the expected curve and the statuses with their turns."""
    return {
        "expected_at": [at for at, _ in standing.expected],
        "expected": [fraction for _, fraction in standing.expected],
        **turning_columns(standing),
    }


def turning_columns(standing: ObjectiveStanding | KeyResultStanding) -> dict[str, Any]:
    """Return the columns of the statuses with their turns."""
    return {
        "derived_turns": standing.derived.turns,
        "derived_statuses": standing.derived.statuses,
        "status_turns": standing.status.turns,
        "statuses": standing.status.statuses,
    }


CURVE = ("expected_at", "expected")
TURNS = ("derived_turns", "derived_statuses", "status_turns", "statuses")
