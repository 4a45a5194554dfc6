"""Forecasts: worked examples of docs/forecast.md, what they are made of, and how often they were right."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from okr_api.okr.cycle import CycleState
from okr_api.okr.key_result import KeyResult, KeyResultState, Reading
from okr_api.okr.objective import ObjectiveState
from okr_api.scoring.forecast import (
    MAX_DAYS_TO_TARGET,
    MAX_FORECAST_READINGS,
    PERIODS_OF_CYCLE,
    Forecast,
    ForecastReason,
    forecast_of,
    forecast_readings,
)
from okr_api.scoring.readings import readings_that_count
from okr_api.scoring.trend import INTERVAL_LEVEL, T_QUANTILES, Projection
from tests.house.tree import ROOT
from tests.scoring.sketch import (
    BEGIN,
    CYCLE,
    END,
    OBJECTIVE,
    ZONE,
    day,
    due_on,
    increase,
    key_result,
    reading,
    standing,
    values,
)
from tests.scoring.tables import ANSWER, NOTHING, Row, measure, on_day, readings, tables
from tests.services.import_export.files import OKR_FILES, real

DOCUMENT = ROOT / "docs" / "forecast.md"
TABLES = {table.heading: table for table in tables(DOCUMENT)}
EXAMPLES = TABLES["Worked examples"].rows
SHARES = (("first half", 0.5), ("third quarter", 0.75), ("last quarter", 1.0))


def forecast(of: KeyResult, check_ins: list[Reading], now: datetime) -> Forecast:
    found = standing(of.measure, check_ins)
    counting = readings_that_count(check_ins, definition=1, before=END).in_order
    return forecast_of(of, OBJECTIVE, CYCLE, ZONE, counting, start=found.start_value, now=now)


def told(projection: Projection | None) -> tuple[str, str]:
    """Return a projection and its interval as the table has them."""
    if projection is None:
        return NOTHING, NOTHING
    ends = (f"{end:.4g}" for end in (projection.low, projection.high))
    return f"{projection.expected:.4g}", " to ".join(ends)


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: row["because"])
def test_a_worked_example_is_true(row: Row):
    due = on_day(row["due"])
    one = key_result(measure(row["key result"]), due_on=due and due_on(due))
    found = forecast(one, readings(row["readings"]), day(float(row["day"])))
    value, interval = told(found.value)
    progress, of_progress = told(found.progress)
    on = found.reaches_target_on
    rates = (NOTHING if rate is None else f"{rate:.4g}" for rate in (found.current_rate, found.required_rate))
    answers = dict(zip(("a week", "required"), rates, strict=True)) | {
        "value": value,
        "interval": interval,
        "progress": progress,
        "its interval": of_progress,
        "reached": NOTHING if on is None else f"day {(on - BEGIN.date()).days + 1}",
        "reason": found.reason or NOTHING,
    }
    said = {name.removeprefix(ANSWER): cell for name, cell in row.items() if name.startswith(ANSWER)}
    assert answers == said


def test_quantiles_are_those_of_students_t():
    """Each is checked by integrating the density up to it."""
    assert len(T_QUANTILES) == MAX_FORECAST_READINGS - 2
    for degrees, quantile in enumerate(T_QUANTILES, start=1):
        scale = math.gamma((degrees + 1) / 2) / (math.sqrt(degrees * math.pi) * math.gamma(degrees / 2))
        steps = 20_000
        middles = (quantile * (place + 0.5) / steps for place in range(steps))
        area = math.fsum(scale * (1 + x * x / degrees) ** (-(degrees + 1) / 2) for x in middles)
        assert 2 * area * quantile / steps == pytest.approx(INTERVAL_LEVEL, abs=1e-4)


def test_few_readings_are_all_used_and_of_many_the_latest_of_each_period():
    few = values(*((on, on) for on in range(MAX_FORECAST_READINGS)))
    assert forecast_readings(few, BEGIN, END) == few
    hourly = [reading(hour / 24, hour, seq=hour) for hour in range(50 * 24)]
    used = forecast_readings(hourly, BEGIN, END)
    period = 100 / PERIODS_OF_CYCLE
    periods = [(each.effective_at - BEGIN) / timedelta(days=period) for each in used]
    assert [int(each) for each in periods] == list(range(5, 13))
    assert used[-1] == hourly[-1]
    one_day = [reading(7 + hour / 24, hour, seq=hour) for hour in range(20)]
    assert forecast_readings(one_day, BEGIN, END) == one_day[-MAX_FORECAST_READINGS:]


def test_of_readings_at_one_instant_the_last_counts():
    twice = [reading(1, 1.0, seq=1), reading(2, 2.0, seq=2), reading(2, 5.0, seq=3)]
    assert [each.value for each in forecast_readings(twice, BEGIN, END)] == [1.0, 5.0]


def test_a_target_beyond_ten_years_is_not_reached():
    check_ins = values((0, 0.0), (10, 1.0), (20, 2.0))
    near, far = (
        key_result(increase(0, days / 10)) for days in (MAX_DAYS_TO_TARGET, MAX_DAYS_TO_TARGET + 100)
    )
    assert forecast(near, check_ins, day(30)).reaches_target_on is not None
    assert forecast(far, check_ins, day(30)).reaches_target_on is None


@pytest.mark.parametrize(
    "changed",
    (
        {"cycle": replace(CYCLE, state=CycleState.REVIEW)},
        {"cycle": replace(CYCLE, state=CycleState.DRAFT)},
        {"objective": replace(OBJECTIVE, state=ObjectiveState.PAUSED)},
        {"objective": replace(OBJECTIVE, state=ObjectiveState.DRAFT)},
        {"one": key_result(increase(), state=KeyResultState.DROPPED)},
    ),
)
def test_what_does_not_run_has_no_forecast(changed: dict[str, Any]):
    one = changed.get("one", key_result(increase()))
    objective, cycle = changed.get("objective", OBJECTIVE), changed.get("cycle", CYCLE)
    check_ins = values((0, 0.0), (10, 0.1), (20, 0.2))
    found = forecast_of(one, objective, cycle, ZONE, check_ins, start=0.0, now=day(30))
    assert found == Forecast(END, reason=ForecastReason.NOT_RUNNING)


# ── How often the final value lay in the interval ──


def series_of(document: dict[str, Any]) -> Iterator[list[Reading]]:
    """Yield the readings of each key result of a file, one for each day, oldest first."""
    found: defaultdict[str, dict[datetime, float]] = defaultdict(dict)
    for row in document["check_ins"]:
        if row["value"] is not None:
            at = datetime.combine(date.fromisoformat(row["date"][:10]), time(12), UTC)
            found[row["key_result_id"]][at] = float(row["value"])
    for each in found.values():
        yield [Reading(at, 1, 0, None, 1, value=value) for at, value in sorted(each.items())]


def outcomes(series: list[Reading]) -> Iterator[tuple[str, bool]]:
    """Yield for each forecast of the last reading the share of time before it, and whether it was right."""
    first, last = series[0].effective_at, series[-1].effective_at
    cycle = replace(CYCLE, starts_on=first.date(), ends_on=last.date())
    for count in range(3, len(series)):
        now = series[count - 1].effective_at
        found = forecast_of(
            key_result(increase(None, None)), OBJECTIVE, cycle, ZONE, series[:count], start=None, now=now
        ).value
        assert found is not None
        share = next(name for name, up_to in SHARES if (now - first) / (last - first) < up_to)
        yield share, found.low <= (series[-1].value or 0.0) <= found.high


def covered(name: str) -> dict[str, tuple[int, float]]:
    """Return the number of forecasts of a file by share of time, and how many of them were right."""
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for series in series_of(real(name)):
        if len(series) > 3:
            for share, right in outcomes(series):
                found[share].append(right)
    return {share: (len(right), sum(right) / len(right)) for share, right in found.items()}


def test_it_was_right_as_often_as_the_document_says():
    said = {
        (row["file"], row["readings within"]): (
            int(row["forecasts"].replace(",", "")),
            row["in the interval"],
        )
        for row in TABLES["How often it was right"].rows
    }
    found = {
        (name, share): (count, f"{right:.0%}")
        for name in OKR_FILES
        for share, (count, right) in covered(name).items()
    }
    assert found == said
