"""Computed values: standings (stored numbers) of objectives and key results; status, band and timeline."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from .lineage import LineageNumbers
from .objective import ProgressSource


class Status(StrEnum):
    """Displayed status of a node; statuses are never averaged."""

    PENDING = "PENDING"
    ON_TRACK = "ON_TRACK"
    AT_RISK = "AT_RISK"
    OFF_TRACK = "OFF_TRACK"
    STALE = "STALE"
    PAUSED = "PAUSED"
    ACHIEVED = "ACHIEVED"
    MISSED = "MISSED"
    DROPPED = "DROPPED"


class Band(StrEnum):
    """Colour of a score: red below 0.4, yellow below 0.7, otherwise green."""

    RED = "RED"
    YELLOW = "YELLOW"
    GREEN = "GREEN"


class ProgressReason(StrEnum):
    """Why there is no progress: not measured yet, or not computable."""

    NOT_MEASURED = "NOT_MEASURED"
    NO_TARGET = "NO_TARGET"
    NO_SPAN = "NO_SPAN"
    NOTHING_COUNTS = "NOTHING_COUNTS"
    NOTHING_COMPUTABLE = "NOTHING_COMPUTABLE"


Curve = tuple[tuple[datetime, float], ...]
"""Expected progress: (instant, fraction) points that never fall; two at one instant are a step."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A status as a function of time: `statuses[i]` applies until `turns[i]`, the last one from then on."""

    statuses: tuple[Status, ...]
    turns: tuple[datetime, ...] = ()

    def at(self, instant: datetime) -> Status:
        """Return the status at an instant; a transition instant has the new status."""
        return self.statuses[bisect_right(self.turns, instant)]

    def next_turn(self, instant: datetime) -> datetime | None:
        """Return the first transition after the instant, or None."""
        place = bisect_right(self.turns, instant)
        return self.turns[place] if place < len(self.turns) else None


PENDING = Timeline((Status.PENDING,))


@dataclass(frozen=True, slots=True)
class KeyResultStanding:
    """Stored numbers of a key result.

    `raw_progress` is unbounded; `progress`, `coverage`, `held_share`, `confidence` and `score_at_end` are
    fractions from 0 to 1. `score_at_end` is the score by the readings so far, shown from the cycle's end,
    and `final_score` that by its grade, which may override it or say that nothing was measured.
    `held_share_at_end` is that of a guard-rail with its latest reading holding until then.
    `original_progress` and `original_score_at_end` are those by the target before its first revision.
    `band` is that of a closed cycle; before, it follows from the final score. `part_values` are those of the
    parts of a formula in a closed cycle, None for parts that did not count.
    `lineage` are the numbers from the first start, of what was carried over.
    `announced_at` is the instant of the change that stored them last: up to it the feed has told the status.
    """

    current_value: float | None = None
    start_value: float | None = None
    milestones_done: tuple[str, ...] | None = None
    latest_check_in_id: UUID | None = None
    raw_progress: float | None = None
    progress: float | None = None
    progress_reason: ProgressReason | None = ProgressReason.NOT_MEASURED
    coverage: float = 0.0
    holds: bool | None = None
    held_share: float | None = None
    held_share_at_end: float | None = None
    original_progress: float | None = None
    original_score_at_end: float | None = None
    confidence: float | None = None
    lineage: LineageNumbers | None = None
    reported_status: Status | None = None
    reported_until: datetime | None = None
    score_at_end: float | None = None
    final_score: float | None = None
    outcome: Status | None = None
    band: Band | None = None
    part_values: tuple[float | None, ...] | None = None
    expected: Curve = ()
    derived: Timeline = PENDING
    status: Timeline = PENDING
    announced_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ObjectiveStanding:
    """Stored numbers of an objective, each the weighted mean of its parts.

    `progress_from` is the kind of parts counted; `score_floor` is the score with unscored parts as 0.
    `final_score` and `final_floor` are the same of the parts as they were graded, or as it was itself.
    `guard_rail_broken` is whether one of its guard-rails was broken for longer than its budget.
    `lineage` are the numbers from the first start, if it was carried over.
    `band` and `announced_at` are as for key results.
    `latest_check_in_id` and what begins with `reported_` come from check-ins on the objective itself.
    """

    progress: float | None = None
    progress_reason: ProgressReason | None = ProgressReason.NOTHING_COUNTS
    progress_from: ProgressSource = ProgressSource.OBJECTIVES
    coverage: float | None = None
    confidence: float | None = None
    lowest_confidence: float | None = None
    score_at_end: float | None = None
    score_floor: float | None = None
    final_score: float | None = None
    final_floor: float | None = None
    lineage: LineageNumbers | None = None
    partial: bool = False
    guard_rail_broken: bool = False
    latest_check_in_id: UUID | None = None
    reported_confidence: float | None = None
    reported_status: Status | None = None
    reported_until: datetime | None = None
    outcome: Status | None = None
    band: Band | None = None
    expected: Curve = ()
    derived: Timeline = PENDING
    status: Timeline = PENDING
    announced_at: datetime | None = field(default=None, compare=False)


def status_at(statuses: Sequence[str], turns: Sequence[datetime], now: datetime) -> str:
    """Return the status of a stored timeline at `now`."""
    return statuses[bisect_right(turns, now)]


def reported_at(reported: str | None, until: datetime | None, now: datetime) -> str | None:
    """Return the reported status, or None once it has lapsed."""
    return reported if reported and until and now < until else None


def divergent_at(
    reported: str | None,
    until: datetime | None,
    statuses: Sequence[str],
    turns: Sequence[datetime],
    now: datetime,
) -> bool:
    """Return whether the reported status differs from the one derived from the pace."""
    said = reported_at(reported, until, now)
    return said is not None and said != status_at(statuses, turns, now)
