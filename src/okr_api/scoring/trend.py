"""Trend of readings: the slope by least squares, going on from the latest, with a prediction interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from okr_api.okr.key_result import Reading
from okr_api.okr.numbers import MAX_VALUE

MIN_FORECAST_READINGS = 3
INTERVAL_LEVEL = 0.8
# Quantiles at 0.9 of Student's t, so that 0.8 lie between them, by degrees of freedom from 1.
T_QUANTILES = (3.0777, 1.8856, 1.6377, 1.5332, 1.4759, 1.4398)
SLOPE_VARIANCE = 1.2  # of a slope by least squares through sums of chance: 6/5 of the variance a day, by days
WIDENED_BY = 1.4  # by which 80 % of real values lie in the interval, as docs/forecast.md says
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Projection:
    """An expected number, and the interval in which it lies with a probability of `INTERVAL_LEVEL`."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A trend that goes on from the latest of some readings: by `slope` a day, over which chance adds up.

    `variance` is that of what one day adds to the value beside the slope; `days` is the time from the first
    of the readings, whose number is `count`, to the latest.
    """

    latest: Reading
    slope: float
    variance: float
    days: float
    count: int

    def value_at(self, at: datetime) -> float:
        """Return the value that the trend leads to."""
        return (self.latest.value or 0.0) + self.slope * ((at - self.latest.effective_at) / DAY)

    def projected(self, at: datetime, floor: float) -> Projection:
        """Return that value with its prediction interval; none of them is below `floor`.

        Chance adds up from day to day, and the slope itself is known the less the fewer days it is from.
        """
        value, ahead = self.value_at(at), (at - self.latest.effective_at) / DAY
        error = math.sqrt(self.variance * ahead * (1 + SLOPE_VARIANCE * ahead / self.days))
        half = WIDENED_BY * T_QUANTILES[self.count - MIN_FORECAST_READINGS] * error
        return Projection(*(_limited(each, floor) for each in (value, value - half, value + half)))


def _limited(value: float, floor: float) -> float:
    return min(MAX_VALUE, max(floor, value)) + 0.0


def trend_of(readings: Sequence[Reading]) -> Trend:
    """Return the trend of three or more readings at different instants: the slope is by least squares."""
    count, latest = len(readings), readings[-1]
    days = [(reading.effective_at - readings[0].effective_at) / DAY for reading in readings]
    values = [reading.value or 0.0 for reading in readings]
    middle, mean = math.fsum(days) / count, math.fsum(values) / count
    spread = math.fsum((day - middle) ** 2 for day in days)
    slope = (
        math.fsum((day - middle) * (value - mean) for day, value in zip(days, values, strict=True)) / spread
    )
    steps = zip(pairwise(days), pairwise(values), strict=True)
    by_chance = math.fsum(
        (to - of - slope * (end - begin)) ** 2 / (end - begin) for (begin, end), (of, to) in steps
    )
    return Trend(latest, slope, by_chance / (count - 2), days[-1], count)
