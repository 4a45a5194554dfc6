"""Progress of a key result by its measure and readings, raw and clamped; for limits the share of time held.

Raw progress is unbounded: half the distance backwards from the start is −0.5, half as much again as the
target is 1.5. Progress is raw progress clamped to 0…1: going backwards counts as 0, and overshooting
does not compensate for other parts. If progress is not computable there is a reason instead: not
measured yet, no target, or no distance between start and target.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from okr_api.okr.computed_values import ProgressReason
from okr_api.okr.key_result import Reading
from okr_api.okr.measure import JudgedBy, KeyResultMeasure, Measure, zones_travel
from okr_api.okr.numbers import (
    SMALLEST_SPAN,
    clamp,
    reaches,
    weighted_mean,
)

from .readings import Readings

ZONE_PROGRESS = (0.0, 0.3, 0.7, 1.0)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a key result, or the reason why there is none.

    `start` is the start value used. For limits, `holds` is whether the current reading is within the limit,
    and `held_share` the share of time within it.
    """

    raw: float | None = None
    reason: ProgressReason | None = None
    start: float | None = None
    holds: bool | None = None
    held_share: float | None = None

    @property
    def clamped(self) -> float | None:
        """Return raw progress clamped to 0…1."""
        return None if self.raw is None else clamp(self.raw)

    @property
    def merely_unmeasured(self) -> bool:
        """Return whether only a reading is missing: such a part counts as 0 in its objective."""
        return self.reason is ProgressReason.NOT_MEASURED


class HasProgress(Protocol):
    """What can be a part of a mean."""

    @property
    def progress(self) -> float | None: ...

    @property
    def progress_reason(self) -> ProgressReason | None: ...


def progress_as_part(standing: HasProgress) -> float | None:
    """Return the progress that a part contributes to the mean: 0 if it only lacks a reading."""
    return 0.0 if standing.progress_reason is ProgressReason.NOT_MEASURED else standing.progress


def progress_of(
    measure: Measure, readings: Readings, *, since: datetime, until: datetime | None = None
) -> Progress:
    """Return the progress by the given readings.

    For limits, `since` is the first instant counted, which is the start of the cycle, and `until` the instant
    to which the latest reading holds; by default its own.
    """
    if not readings.in_order:
        return Progress(reason=_missing(measure) or ProgressReason.NOT_MEASURED, start=measure.start_value)
    match measure.kind:
        case KeyResultMeasure.INCREASE | KeyResultMeasure.DECREASE:
            return _travelled(measure, readings)
        case KeyResultMeasure.ZONES:
            return _through_zones(measure, readings)
        case KeyResultMeasure.BOOLEAN:
            return Progress(raw=_value(readings))
        case KeyResultMeasure.MILESTONES:
            return _milestones(measure, readings)
        case _:
            return _limit(measure, readings, since, until)


def _missing(measure: Measure) -> ProgressReason | None:
    """Return why an imported measure cannot be computed whatever the readings; None if it can."""
    match measure.kind:
        case KeyResultMeasure.INCREASE | KeyResultMeasure.DECREASE:
            if measure.target_value is None:
                return ProgressReason.NO_TARGET
            if measure.start_value is not None and not _leads(measure, measure.start_value):
                return ProgressReason.NO_SPAN
        case KeyResultMeasure.AT_LEAST | KeyResultMeasure.AT_MOST:
            return ProgressReason.NO_TARGET if measure.target_value is None else None
        case KeyResultMeasure.WITHIN:
            if measure.lower_bound is None or measure.upper_bound is None:
                return ProgressReason.NO_TARGET
            room = measure.upper_bound - measure.lower_bound
            return None if room >= SMALLEST_SPAN else ProgressReason.NO_SPAN
        case KeyResultMeasure.ZONES:
            if None in measure.zone_values:
                return ProgressReason.NO_TARGET
            return None if zones_travel(measure.zone_values) else ProgressReason.NO_SPAN
        case KeyResultMeasure.MILESTONES:
            weighty = any(milestone.weight > 0 for milestone in measure.milestones)
            return None if weighty else ProgressReason.NO_TARGET
        case _:
            return None
    return None


def _value(readings: Readings) -> float:
    assert readings.current is not None
    return readings.current.value or 0.0


def _leads(measure: Measure, start: float) -> bool:
    """Return whether the target lies in the measure's direction by at least `SMALLEST_SPAN`."""
    assert measure.target_value is not None
    span = measure.target_value - start
    return (span if measure.kind is KeyResultMeasure.INCREASE else -span) >= SMALLEST_SPAN


def _travelled(measure: Measure, readings: Readings) -> Progress:
    """Return (current − start) / (target − start)."""
    assert readings.first is not None
    start = measure.start_value if measure.start_value is not None else readings.first.value or 0.0
    if measure.target_value is None:
        return Progress(reason=ProgressReason.NO_TARGET, start=start)
    if not _leads(measure, start):
        return Progress(reason=ProgressReason.NO_SPAN, start=start)
    travelled = (_value(readings) - start) / (measure.target_value - start)
    return Progress(raw=travelled + 0.0, start=start)  # avoid −0.0, as in 0 / −5


def _through_zones(measure: Measure, readings: Readings) -> Progress:
    """Interpolate (start, 0), (commit, 0.3), (target, 0.7), (stretch, 1), extrapolating at both ends."""
    missing = _missing(measure)
    if missing is not None:
        return Progress(reason=missing, start=measure.start_value)
    points = [point for point in measure.zone_values if point is not None]
    way = 1.0 if points[-1] > points[0] else -1.0
    value = _value(readings)
    segment = sum(1 for point in points[1:-1] if way * value > way * point)
    x0, x1 = points[segment], points[segment + 1]
    y0, y1 = ZONE_PROGRESS[segment], ZONE_PROGRESS[segment + 1]
    share = (value - x0) / (x1 - x0)
    return Progress(raw=y0 + (y1 - y0) * share, start=points[0])


def _milestones(measure: Measure, readings: Readings) -> Progress:
    """Return Σ weight done / Σ weight."""
    assert readings.current is not None
    done = set(readings.current.milestones_done or ())
    return Progress(
        reason=_missing(measure),
        raw=weighted_mean((m.weight, float(m.key in done)) for m in measure.milestones),
    )


def _limit(measure: Measure, readings: Readings, since: datetime, until: datetime | None) -> Progress:
    """Return the share of time within the limit, or 1 while it holds and else 0, as the limit is judged."""
    missing = _missing(measure)
    if missing is not None:
        return Progress(reason=missing, start=measure.start_value)
    assert readings.current is not None
    holds = holds_at(measure, readings.current)
    share = held_share(measure, readings.in_order, since=since, until=until)
    raw = share if measure.judgement is JudgedBy.TIME_SHARE else float(holds)
    return Progress(raw=raw, start=measure.start_value, holds=holds, held_share=share)


def holds_at(measure: Measure, reading: Reading) -> bool:
    """Return whether the reading is within the limit, bounds included."""
    value = reading.value or 0.0
    floor = measure.lower_bound if measure.kind is KeyResultMeasure.WITHIN else measure.target_value
    ceiling = measure.upper_bound if measure.kind is KeyResultMeasure.WITHIN else measure.target_value
    above = measure.kind is KeyResultMeasure.AT_MOST or (floor is not None and reaches(value, floor))
    below = measure.kind is KeyResultMeasure.AT_LEAST or (ceiling is not None and reaches(ceiling, value))
    return above and below


def held_share(
    measure: Measure, readings: Sequence[Reading], *, since: datetime, until: datetime | None = None
) -> float:
    """Return the share of time within the limit, from the first reading to the latest.

    Each reading holds until the next. Time before `since` is not counted; if no time has passed, the latest
    reading decides.
    """
    begin = max(readings[0].effective_at, since)
    end = max(until or readings[-1].effective_at, begin)
    if end == begin:
        return float(holds_at(measure, readings[-1]))
    inside = timedelta(0)
    ends = [*(reading.effective_at for reading in readings[1:]), end]
    for reading, over in zip(readings, ends, strict=True):
        stretch = min(over, end) - max(reading.effective_at, begin)
        if stretch > timedelta(0) and holds_at(measure, reading):
            inside += stretch
    return inside / (end - begin)
