"""Metrics and their readings in files: a plain section, and facts that are not rewritten."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.acme import TODAY, Workplace, days_ago
from tests.services.import_export.files import bring, by_name, told

DAY = days_ago(5).date().isoformat()
PLAN = {
    "metrics": [{"id": "M1", "name": "Revenue", "unit": "EUR", "better_direction": "up"}],
    "cycles": [{"id": "C1", "name": "Year", "start": f"{TODAY.year}-01-01", "end": f"{TODAY.year}-12-31"}],
    "objectives": [{"id": "O1", "title": "Sell", "cycle_id": "C1"}],
}


def key_result(**fields: Any) -> dict[str, Any]:
    measure = {"kind": "INCREASE", "unit": "EUR", "start": 0, "target": 10}
    row = {"id": "K1", "title": "Sold", "objective_id": "O1", "measure": measure, "metric_id": "M1"}
    return PLAN | {"key_results": [row | fields]}


def readings(*rows: dict[str, Any]) -> dict[str, Any]:
    return PLAN | {"metric_readings": [{"metric_id": "M1", "date": DAY} | row for row in rows]}


async def test_a_key_result_is_bound_from_the_day_of_the_import(tenant: Workplace):
    for _ in range(2):
        assert told(await bring(tenant, key_result())) == []
        row = (await by_name(tenant, "key_result"))["small:K1"]
        metric = (await by_name(tenant, "metric"))["small:M1"]
        today = datetime.now(tenant.organization.zone).date()
        assert (row["metric_id"], row["metric_from"], row["version"]) == (metric["id"], today, 1)
    await bring(tenant, key_result(metric_id=None))
    row = (await by_name(tenant, "key_result"))["small:K1"]
    assert (row["metric_id"], row["metric_from"]) == (None, None)


@pytest.mark.parametrize(
    ("fields", "code"),
    (
        ({"measure": {"kind": "INCREASE", "start": 0, "target": 10}}, "UNIT_DIFFERS"),
        ({"measure": {"kind": "BOOLEAN", "unit": "EUR"}}, "METRIC_DOES_NOT_FIT"),
        ({"metric_id": "M9"}, "REFERENCE_IS_UNKNOWN"),
    ),
)
async def test_a_key_result_that_does_not_fit_its_metric_is_rejected(
    tenant: Workplace, fields: dict[str, Any], code: str
):
    report = await bring(tenant, key_result(**fields))
    assert [each.code for each in report.errors] == [code]


async def test_readings_come_in_once_and_check_nothing_in(tenant: Workplace):
    await bring(tenant, key_result())
    rows = readings({"id": "R1", "value": 5}, {"id": "R2", "value": 6, "supersedes_id": "R1"})
    report = await bring(tenant, rows)
    assert (told(report), report.counts["metric_readings"].created) == ([], 2)
    again = await bring(tenant, rows)
    assert (again.changed, again.counts["metric_readings"].unchanged) == (False, 2)
    kept = await by_name(tenant, "metric_reading")
    assert [(row["value"], row["supersedes_id"]) for row in kept.values()] == [
        (5.0, None),
        (6.0, kept["small:R1"]["id"]),
    ]
    assert await tenant.fetch("select from check_in") == []


@pytest.mark.parametrize(
    ("row", "code"),
    (
        ({"id": "R1", "value": 6}, "FACT_DIFFERS"),
        ({"id": "R2"}, "NOTHING_TO_RECORD"),
        ({"id": "R2", "value": 1, "metric_id": None}, "ROW_IS_UNCLEAR"),
        ({"id": "R2", "value": 1, "supersedes_id": "R9"}, "REFERENCE_IS_UNKNOWN"),
        ({"id": "R3", "value": 1, "supersedes_id": "R1"}, "ALREADY_SUPERSEDED"),
        ({"id": "R3", "value": 1, "metric_id": "M2", "supersedes_id": "R2"}, "INVALID_INPUT"),
        ({"id": "R3", "value": 1, "date": (TODAY + timedelta(days=2)).isoformat()}, "READING_IN_FUTURE"),
    ),
)
async def test_a_reading_that_cannot_be_taken_is_told(tenant: Workplace, row: dict[str, Any], code: str):
    known = readings({"id": "R1", "value": 5})
    known["metrics"] = [*PLAN["metrics"], {"id": "M2", "name": "Orders"}]
    await bring(tenant, known)
    if row["id"] == "R3":
        await bring(tenant, readings({"id": "R2", "value": 4, "supersedes_id": "R1"}))
    before = await tenant.tables()
    report = await bring(tenant, readings(row))
    assert [each.code for each in report.errors] == [code]
    assert await tenant.tables() == before


async def test_a_bound_metric_keeps_its_unit_and_is_not_removed(tenant: Workplace):
    await bring(tenant, key_result())
    for fields in ({"unit": "USD"}, {"removed": True}):
        report = await bring(tenant, {"metrics": [PLAN["metrics"][0] | fields]})
        assert [each.code for each in report.errors] == ["METRIC_IS_BOUND"]
