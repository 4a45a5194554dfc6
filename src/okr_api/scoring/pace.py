"""Pace: curves of expected progress over time, for key results and as means, and when one passes a level.

Expected progress is a curve of (instant, fraction) points. A key result's curve climbs from the cycle's
first day to its due day, up to its expectation: 1.0, or 0.7 for zones and under an aspirational
objective. A yes/no is expected on its due day and not before; milestones on their own days where they
have them; a limit from the first reading on. An objective's curve is the weighted mean of the curves
of its parts. Curves never fall, so the instant of a status transition is known in advance.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from zoneinfo import ZoneInfo

from okr_api.okr.calendar import end_of
from okr_api.okr.computed_values import Curve
from okr_api.okr.cycle import Cycle
from okr_api.okr.key_result import KeyResult
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.numbers import TOLERANCE, weighted_mean

ZONES_EXPECTATION = 0.7
INSTANT = timedelta(microseconds=1)
MAX_CURVES_CACHED = 1_000
instant_of, fraction_of = itemgetter(0), itemgetter(1)  # of a point


def expected_progress(curve: Curve, at: datetime) -> float | None:
    """Return the expected progress at an instant, after any step at it; None for an empty curve."""
    if not curve:
        return None
    after = bisect_right(curve, at, key=instant_of)
    return _between(curve, after, at)


def _just_before(curve: Curve, at: datetime) -> float:
    """Return the expected progress immediately before the instant, before any step at it."""
    return _between(curve, bisect_left(curve, at, key=instant_of), at)


def _between(curve: Curve, after: int, at: datetime) -> float:
    """Interpolate the curve at `at`, where `after` is the index of the next point."""
    if after == 0:
        return curve[0][1]
    if after == len(curve):
        return curve[-1][1]
    (t0, f0), (t1, f1) = curve[after - 1], curve[after]
    if at == t1:
        return f1
    return min(f1, f0 + (f1 - f0) * ((at - t0) / (t1 - t0)))


def key_result_curve(
    key_result: KeyResult,
    cycle: Cycle,
    zone: ZoneInfo,
    *,
    expectation: float,
    first_reading_at: datetime | None,
) -> Curve:
    """Return the curve of a key result; `expectation` is the final progress its objective expects."""
    begin, due = cycle.starts_at(zone), key_result.due_at(cycle, zone)
    measure = key_result.measure
    if measure.is_limit:
        if first_reading_at is None:
            return ((begin, 0.0),)
        since = max(begin, first_reading_at)
        return ((since, 0.0), (since, 1.0))
    if measure.kind is KeyResultMeasure.ZONES:
        expectation = min(expectation, ZONES_EXPECTATION)
    if measure.kind is KeyResultMeasure.BOOLEAN:
        return ((due, 0.0), (due, expectation))
    if measure.kind is KeyResultMeasure.MILESTONES and any(m.due_on for m in measure.milestones):
        return _milestone_steps(key_result, due, zone, expectation)
    return ((begin, 0.0), (due, expectation))


def _milestone_steps(key_result: KeyResult, due: datetime, zone: ZoneInfo, expectation: float) -> Curve:
    """Return one step per milestone share at the end of its day; those without a day are due at `due`."""
    days = [(m.weight, end_of(m.due_on, zone) if m.due_on else due) for m in key_result.measure.milestones]
    points: list[tuple[datetime, float]] = []
    reached = 0.0
    for at in sorted({day for _, day in days}):
        points.append((at, reached))
        reached = expectation * (weighted_mean((weight, float(day <= at)) for weight, day in days) or 0.0)
        points.append((at, reached))
    return tuple(points)


def mean_curve(parts: Iterable[tuple[float, Curve]]) -> Curve:
    """Return the weighted mean of curves; empty if no part has one."""
    return _mean_curve(tuple([(weight, curve) for weight, curve in parts if weight > 0 and curve]))


@lru_cache(maxsize=MAX_CURVES_CACHED)
def _mean_curve(parts: tuple[tuple[float, Curve], ...]) -> Curve:
    """Return `mean_curve`, cached: a reading changes a part's progress but rarely its curve."""
    weights: defaultdict[Curve, list[float]] = defaultdict(list)
    for weight, curve in parts:
        weights[curve].append(weight)
    if len(weights) <= 1:
        return next(iter(weights), ())
    summed = [(math.fsum(each), curve) for curve, each in weights.items()]
    points: list[tuple[datetime, float]] = []
    for at in sorted({instant for _, curve in summed for instant, _ in curve}):
        before = weighted_mean((weight, _just_before(curve, at)) for weight, curve in summed)
        after = weighted_mean((weight, expected_progress(curve, at) or 0.0) for weight, curve in summed)
        assert before is not None
        assert after is not None
        points.append((at, before))
        if after != before:
            points.append((at, after))
    return tuple(points)


def first_above(curve: Curve, level: float) -> datetime | None:
    """Return the first instant at which more than `level` is expected, or None.

    The threshold tolerance applies: a gap of exactly 0.10 is still on track.
    """
    level += TOLERANCE
    place = bisect_right(curve, level, key=fraction_of)
    if place == len(curve):
        return None
    at, fraction = curve[place]
    if place == 0:
        return at
    t0, f0 = curve[place - 1]
    if t0 == at or fraction == f0:
        return at
    return min(at, t0 + (at - t0) * ((level - f0) / (fraction - f0)) + INSTANT)
