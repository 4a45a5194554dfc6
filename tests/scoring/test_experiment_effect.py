"""Measured effects of experiments: the worked examples of docs/experiments.md."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr.experiment import Experiment, ExperimentState
from okr_api.scoring.experiment_effect import (
    MIN_READINGS_COMPARED,
    EffectReason,
    ExperimentEffect,
    effect_of,
    effect_times,
    reason_without_readings,
)
from okr_api.store.database import new_id
from tests.house.tree import ROOT
from tests.scoring.sketch import BEGIN, ZONE, increase
from tests.scoring.tables import ANSWER, NOTHING, Row, measure, number, readings, tables

[EXAMPLES] = (
    table for table in tables(ROOT / "docs" / "experiments.md") if table.heading == "Worked examples"
)
NEW = Experiment(new_id(), None, "We believe", new_id())
SHOWN = ("before", "during", "difference", "share", "latest")


def on(day: str) -> date:
    return (BEGIN + timedelta(days=int(day))).date()


def ran(cell: str) -> dict[str, Any]:
    """Parse when an experiment ran: `planned`, `from day 10` or `day 10 to 19`."""
    if cell == "planned":
        return {}
    begin, _, end = cell.removeprefix("from ").removeprefix("day ").partition(" to ")
    state = ExperimentState.ABANDONED if end else ExperimentState.RUNNING
    return {"state": state, "started_on": on(begin), "ended_on": on(end) if end else None}


def effect(row: Row) -> ExperimentEffect:
    of, today = measure(row["key result"]), on(row["day"])
    experiment = replace(NEW, expected_value=number(row["expected"]), **ran(row["ran"])).checked(today)
    reason = reason_without_readings(experiment, of.kind, has_formula=False)
    times = effect_times(experiment, today, ZONE)
    if reason is not None or times is None:
        return ExperimentEffect(reason)
    values = [(each.effective_at, each.value) for each in readings(row["readings"]) if each.value is not None]
    return effect_of(
        experiment,
        [value for at, value in values if times.before <= at < times.begin],
        [value for at, value in values if times.begin <= at < times.end],
    )


@pytest.mark.parametrize("row", EXAMPLES.rows, ids=lambda row: row["because"])
def test_a_worked_example_is_true(row: Row):
    found = effect(row)
    numbers = (
        found.mean_before,
        found.mean_during,
        found.difference,
        found.relative_difference,
        found.latest,
    )
    answers = {
        name: NOTHING if value is None else f"{value:.4g}" for name, value in zip(SHOWN, numbers, strict=True)
    }
    answers["reason"] = found.reason or NOTHING
    answers["reached"] = {None: NOTHING, True: "yes", False: "no"}[found.reached_expected]
    said = {name.removeprefix(ANSWER): cell for name, cell in row.items() if name.startswith(ANSWER)}
    assert answers == said


def test_a_formula_has_no_readings_of_its_own():
    running = replace(NEW, **ran("from day 10"))
    reason = reason_without_readings(running, increase().kind, has_formula=True)
    assert reason is EffectReason.COMPUTED_BY_FORMULA


def test_two_readings_of_each_time_are_enough():
    running = replace(NEW, **ran("from day 10"))
    enough = [1.0] * MIN_READINGS_COMPARED
    assert effect_of(running, enough, enough).difference == 0
    for before, during in ((enough[1:], enough), (enough, enough[1:])):
        assert effect_of(running, before, during).difference is None


def test_days_are_local_also_where_the_clock_is_changed():
    running = replace(NEW, state=ExperimentState.RUNNING, started_on=date(2026, 3, 29))
    times = effect_times(running, date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert times is not None
    assert (times.end - times.begin, times.begin - times.before) == (timedelta(hours=23), timedelta(hours=24))
