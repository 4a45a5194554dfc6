"""Values at a time: functions for status, pace and score of stored timelines at `now`; the status as SQL."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from okr_api.okr.computed_values import Band, divergent_at, reported_at, status_at
from okr_api.okr.objective import ObjectiveKind
from okr_api.scoring.grading import band_of, graded_by
from okr_api.scoring.pace import expected_progress

__all__ = ["divergent_at", "reported_at", "status_at"]  # and all functions below

STATUS = "({row}.statuses)[1 + width_bucket({now}, {row}.status_turns)]"
DERIVED_STATUS = "({row}.derived_statuses)[1 + width_bucket({now}, {row}.derived_turns)]"


def next_turn(turns: Sequence[datetime], now: datetime) -> datetime | None:
    """Return the next instant at which the status changes without new data, or None."""
    place = bisect_right(turns, now)
    return turns[place] if place < len(turns) else None


def expected_at(instants: Sequence[datetime], fractions: Sequence[float], now: datetime) -> float | None:
    """Return the progress expected at `now`."""
    return expected_progress(tuple(zip(instants, fractions, strict=True)), now)


def gap_at(
    progress: float | None, instants: Sequence[datetime], fractions: Sequence[float], now: datetime
) -> float | None:
    """Return expected minus actual progress, negative if ahead; None without progress."""
    expected = expected_at(instants, fractions, now)
    return None if progress is None or expected is None else expected - progress


def objective_gap_at(
    progress: float | None,
    coverage: float | None,
    instants: Sequence[datetime],
    fractions: Sequence[float],
    now: datetime,
) -> float | None:
    """Return how far an objective is behind its pace; None if no part of it has been measured."""
    return gap_at(progress if coverage else None, instants, fractions, now)


def score_at(score: float | None, ends_at: datetime, now: datetime) -> float | None:
    """Return the score, or None before the cycle's end."""
    return score if now >= ends_at else None


def by_original(present: float | None, original: float | None, revisions: Sequence[object]) -> float | None:
    """Return a number by the target before its first revision: the present one if it was never revised."""
    return original if revisions else present


def original_score_at(
    score: float | None,
    original: float | None,
    revisions: Sequence[object],
    ends_at: datetime,
    now: datetime,
) -> float | None:
    """Return the score by the target before its first revision, or None before the cycle's end."""
    return score_at(by_original(score, original, revisions), ends_at, now)


def ended(value: bool, ends_at: datetime, now: datetime) -> bool:
    """Return a flag of the score, or False before the cycle's end."""
    return value and now >= ends_at


def band_at(
    score: float | None, ends_at: datetime, kind: str, kept: str | None, now: datetime
) -> Band | None:
    """Return the band of the score, or None before the cycle's end; `kept` is that of a closed cycle."""
    return Band(kept) if kept else band_of(score_at(score, ends_at, now), ObjectiveKind(kind))


def objective_band_at(
    score: float | None,
    floor: float | None,
    ends_at: datetime,
    kind: str,
    kept: str | None,
    now: datetime,
) -> Band | None:
    """Return the band of an objective by its score floor, or None before the cycle's end."""
    return band_at(graded_by(score, floor), ends_at, kind, kept, now)
