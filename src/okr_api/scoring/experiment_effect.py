"""Measured effect of an experiment: mean of the readings while it ran against that of an equal time before.

This is the naive comparison: whatever else changed in that time is part of the difference, and so is a trend
that was there before. It is given only where both times have enough readings.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from okr_api.okr.calendar import end_of, start_of
from okr_api.okr.experiment import Experiment
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.numbers import TOLERANCE

MIN_READINGS_COMPARED = 2  # of each time: one reading may be chance
WITHOUT_NUMBERS = frozenset({KeyResultMeasure.BOOLEAN, KeyResultMeasure.MILESTONES})


class EffectComparison(StrEnum):
    """How an effect was measured."""

    MEAN_DURING_MINUS_MEAN_BEFORE = "MEAN_DURING_MINUS_MEAN_BEFORE"


class EffectReason(StrEnum):
    """Why no effect was measured; the first that applies."""

    NOT_STARTED = "NOT_STARTED"
    MEASURE_TAKES_NO_NUMBER = "MEASURE_TAKES_NO_NUMBER"
    COMPUTED_BY_FORMULA = "COMPUTED_BY_FORMULA"
    TOO_FEW_READINGS_DURING = "TOO_FEW_READINGS_DURING"
    TOO_FEW_READINGS_BEFORE = "TOO_FEW_READINGS_BEFORE"


@dataclass(frozen=True, slots=True)
class EffectTimes:
    """The two times that are compared: from `before` until `begin`, and from there until `end`, excluded."""

    before: datetime
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ExperimentEffect:
    """What was measured; `difference` is None with a reason.

    `latest` is the last reading while it ran. `reached_expected` is None without an expected value, and where
    the mean before is not known or is the expected value, as then there is no direction.
    """

    reason: EffectReason | None
    count_before: int = 0
    count_during: int = 0
    mean_before: float | None = None
    mean_during: float | None = None
    difference: float | None = None
    relative_difference: float | None = None
    latest: float | None = None
    reached_expected: bool | None = None


def effect_times(experiment: Experiment, today: date, zone: ZoneInfo) -> EffectTimes | None:
    """Return the times to compare, whole local days of the same number; None if it has not started.

    `today` is the day of closing in a closed cycle, so that an end after that changes nothing.
    """
    first = experiment.started_on
    if first is None:
        return None
    last = max(min(experiment.ended_on or today, today), first)
    days = timedelta(days=(last - first).days + 1)
    return EffectTimes(start_of(first - days, zone), start_of(first, zone), end_of(last, zone))


def reason_without_readings(
    experiment: Experiment, measure: KeyResultMeasure, *, has_formula: bool
) -> EffectReason | None:
    """Return why there is no effect whatever was read; None if that depends on the readings."""
    if experiment.started_on is None:
        return EffectReason.NOT_STARTED
    if measure in WITHOUT_NUMBERS:
        return EffectReason.MEASURE_TAKES_NO_NUMBER
    return EffectReason.COMPUTED_BY_FORMULA if has_formula else None


def effect_of(experiment: Experiment, before: Sequence[float], during: Sequence[float]) -> ExperimentEffect:
    """Return the effect by the values of both times, oldest first."""
    reason: EffectReason | None = None
    if len(during) < MIN_READINGS_COMPARED:
        reason = EffectReason.TOO_FEW_READINGS_DURING
    elif len(before) < MIN_READINGS_COMPARED:
        reason = EffectReason.TOO_FEW_READINGS_BEFORE
    mean_before, mean_during = _mean(before), _mean(during)
    latest = during[-1] if during else None
    difference = relative = None
    if reason is None and mean_before is not None and mean_during is not None:
        difference = mean_during - mean_before
        relative = difference / abs(mean_before) if abs(mean_before) > TOLERANCE else None
    return ExperimentEffect(
        reason=reason,
        count_before=len(before),
        count_during=len(during),
        mean_before=mean_before,
        mean_during=mean_during,
        difference=difference,
        relative_difference=relative,
        latest=latest,
        reached_expected=_is_reached(experiment.expected_value, mean_before, latest),
    )


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _is_reached(expected: float | None, before: float | None, latest: float | None) -> bool | None:
    """Return whether the latest value is at the expected one or beyond it, seen from the mean before."""
    if expected is None or before is None or latest is None or abs(expected - before) <= TOLERANCE:
        return None
    return latest >= expected - TOLERANCE if expected > before else latest <= expected + TOLERANCE
