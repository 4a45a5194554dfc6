"""Mapping of computed columns that objectives and key results share: expected curves, status timelines."""

from datetime import UTC, datetime
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

from .row_mapper import words

STATUSES = words(Status)
# Replaces invalid stored turns. No facts compute to it, so `verify` reports it and `propagate` repairs it.
MALFORMED = Timeline((Status.PENDING, Status.PENDING), (datetime.max.replace(tzinfo=UTC),))


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


def derived_of(row: Row) -> Timeline:
    """Return the derived statuses in a row."""
    return timeline_of(row, "derived_statuses", "derived_turns")


def status_of(row: Row) -> Timeline:
    """Return the displayed statuses in a row."""
    return timeline_of(row, "statuses", "status_turns")


def part_status_of(row: Row) -> Timeline:
    """Return the status of a part in a row; `PENDING` where it was not read."""
    return status_of(row) if row["statuses"] is not None else PENDING


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
MOVING = {"expected": curve_of, "derived": derived_of, "status": status_of}
