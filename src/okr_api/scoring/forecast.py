"""Forecast of a key result: the value and the progress that the trend of its readings leads to when due.

The method is a linear trend: its slope is by least squares over the last readings, and it goes on from the
latest. What it says is a projection of what was read, and knows nothing of plans. `docs/forecast.md` has the
formulas, and says how often it was right.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.key_result import KeyResult, KeyResultState, Reading
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.numbers import MAX_VALUE, reaches
from okr_api.okr.objective import Objective, ObjectiveState

from .progress import progress_of
from .readings import Readings
from .trend import DAY, MIN_FORECAST_READINGS, Projection, Trend, trend_of

MAX_FORECAST_READINGS = 8
PERIODS_OF_CYCLE = 26
MAX_DAYS_TO_TARGET = 3_650  # a trend that takes longer does not lead to the target
WEEK = timedelta(weeks=1)
INSTANT = timedelta(microseconds=1)


class ForecastReason(StrEnum):
    """Why there is no forecast."""

    NOT_RUNNING = "NOT_RUNNING"
    DUE_HAS_PASSED = "DUE_HAS_PASSED"
    MEASURE_HAS_NO_TREND = "MEASURE_HAS_NO_TREND"
    TOO_FEW_READINGS = "TOO_FEW_READINGS"


class ForecastMethod(StrEnum):
    """How a forecast was made."""

    LINEAR_TREND = "LINEAR_TREND"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the readings of a key result lead to by `due_at`; rates are per week, in its unit.

    Without a trend there is a `reason`. `reading_count` is the number of readings that the trend is made of.
    `progress`, `required_rate` and `reaches_target_on` are None where there is no way to a target to go.
    """

    due_at: datetime
    reading_count: int = 0
    reason: ForecastReason | None = None
    value: Projection | None = None
    progress: Projection | None = None
    current_rate: float | None = None
    required_rate: float | None = None
    reaches_target_on: date | None = None


def forecast_readings(readings: Sequence[Reading], begin: datetime, end: datetime) -> list[Reading]:
    """Return the readings that a trend is made of, oldest first.

    Those are all of them, if they are few; else the latest of each 26th of the cycle, and the last one before
    it, so that readings of a whole day or week do not count more than others; of these the last ones. Of
    readings at one instant the one recorded last counts.
    """
    at_once = {reading.effective_at: reading for reading in readings}
    if len(at_once) <= MAX_FORECAST_READINGS:
        return list(at_once.values())
    period = (end - begin) / PERIODS_OF_CYCLE
    by_period = {max((at - begin) // period, -1): reading for at, reading in at_once.items()}
    found = list((by_period if len(by_period) >= MIN_FORECAST_READINGS else at_once).values())
    return found[-MAX_FORECAST_READINGS:]


def reason_without_readings(
    key_result: KeyResult, objective: Objective, cycle: Cycle, zone: ZoneInfo, now: datetime
) -> ForecastReason | None:
    """Return why a key result has no forecast whatever its readings are; None if it may have one."""
    running = (cycle.state, objective.state, key_result.state)
    if running != (CycleState.ACTIVE, ObjectiveState.PUBLISHED, KeyResultState.ACTIVE):
        return ForecastReason.NOT_RUNNING
    if key_result.measure.kind in (KeyResultMeasure.BOOLEAN, KeyResultMeasure.MILESTONES):
        return ForecastReason.MEASURE_HAS_NO_TREND
    return ForecastReason.DUE_HAS_PASSED if now >= key_result.due_at(cycle, zone) else None


def forecast_of(
    key_result: KeyResult,
    objective: Objective,
    cycle: Cycle,
    zone: ZoneInfo,
    readings: Sequence[Reading],
    *,
    start: float | None,
    now: datetime,
) -> Forecast:
    """Return the forecast of a key result by the readings that count, oldest first.

    `start` is the start value in use.
    """
    due_at = key_result.due_at(cycle, zone)
    reason = reason_without_readings(key_result, objective, cycle, zone, now)
    if reason is not None:
        return Forecast(due_at, reason=reason)
    measure = replace(key_result.measure, start_value=start)
    used = forecast_readings(readings, cycle.starts_at(zone), cycle.ends_at(zone))
    known = Forecast(due_at, len(used), required_rate=_required_rate(measure, used, (due_at - now) / WEEK))
    if len(used) < MIN_FORECAST_READINGS:
        return replace(known, reason=ForecastReason.TOO_FEW_READINGS)
    trend = trend_of(used)
    value = trend.projected(due_at, _floor(measure, used))
    return replace(
        known,
        value=value,
        progress=_progress(measure, value, used[-1]),
        current_rate=trend.slope * (WEEK / DAY),
        reaches_target_on=_reaches_on(measure, used[-1], trend, zone, now),
    )


def _floor(measure: Measure, readings: Sequence[Reading]) -> float:
    """Return the least value of a projection: 0 for what was never negative and is not to be."""
    named = (measure.start_value, measure.target_value, measure.lower_bound)
    values = [*(reading.value for reading in readings), *named]
    return 0.0 if all(value is None or value >= 0 for value in values) else -MAX_VALUE


def _progress(measure: Measure, value: Projection, latest: Reading) -> Projection | None:
    """Return the progress that a value stands for; None for a limit, which is kept and not travelled."""
    if measure.is_limit:
        return None
    ends = (value.expected, value.low, value.high)
    found = [
        each
        for each in (_progress_at(measure, replace(latest, value=end)) for end in ends)
        if each is not None
    ]
    return Projection(found[0], min(found), max(found)) if found else None


def _progress_at(measure: Measure, reading: Reading) -> float | None:
    return progress_of(measure, Readings((reading,)), since=reading.effective_at).clamped


def _way(measure: Measure) -> float | None:
    """Return 1 where values are to rise to a target, -1 where they are to fall; None without such a way."""
    if measure.target_value is None or measure.is_limit:
        return None
    if measure.kind is KeyResultMeasure.ZONES:
        if measure.start_value is None or measure.stretch_value is None:
            return None
        return 1.0 if measure.stretch_value > measure.start_value else -1.0
    return 1.0 if measure.kind is KeyResultMeasure.INCREASE else -1.0


def _is_reached(measure: Measure, way: float, value: float) -> bool:
    assert measure.target_value is not None
    return reaches(way * value, way * measure.target_value)


def _required_rate(measure: Measure, readings: Sequence[Reading], weeks: float) -> float | None:
    """Return the change a week by which the current value reaches the target; 0 if it has."""
    way = _way(measure)
    if way is None or not readings:
        return None
    assert measure.target_value is not None
    value = readings[-1].value or 0.0
    return 0.0 if _is_reached(measure, way, value) else (measure.target_value - value) / weeks


def _reaches_on(
    measure: Measure, latest: Reading, trend: Trend, zone: ZoneInfo, now: datetime
) -> date | None:
    """Return the day on which the trend reaches the target; that of the latest reading if this has.

    It is not before today otherwise, and None if the trend does not lead there in ten years.
    """
    way = _way(measure)
    if way is None:
        return None
    assert measure.target_value is not None
    if _is_reached(measure, way, latest.value or 0.0):
        return latest.effective_at.astimezone(zone).date()
    if way * trend.slope <= 0:
        return None
    days = (measure.target_value - trend.value_at(now)) / trend.slope
    if days > MAX_DAYS_TO_TARGET:
        return None
    at = now + days * DAY - INSTANT if days > 0 else now  # midnight is the end of the day before
    return at.astimezone(zone).date()
