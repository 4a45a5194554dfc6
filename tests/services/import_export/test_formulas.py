"""Formulas of key results in files."""

from typing import Any

import pytest

from okr_api.okr.formula import MAX_FORMULA_PARTS, MAX_FORMULAS_OF_A_KEY_RESULT
from tests.acme import Workplace
from tests.services.import_export.files import bring_small, by_name, check_in, key_result, quarter, told


def total(id: str, *parts: str, function: str | None = "SUM", **fields: Any) -> dict[str, Any]:
    return key_result(id, formula_function=function, formula_key_result_ids=list(parts), **fields)


def plan(*rows: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return quarter(key_results=[*rows, key_result("K1"), key_result("K2", target=10)], **sections)


async def values(tenant: Workplace) -> dict[str, float | None]:
    rows = await by_name(tenant, "key_result")
    return {name.removeprefix("small:"): row["current_value"] for name, row in rows.items()}


async def test_a_formula_may_stand_before_its_parts_and_importing_again_changes_nothing(tenant: Workplace):
    document = plan(total("F2", "F1", "K2"), total("F1", "K2", "K1", function="mean"))
    report = await bring_small(tenant, document)
    assert told(report) == []
    assert await values(tenant) == {"F1": 25.5, "F2": 26.5, "K1": 50, "K2": 1}
    again = await bring_small(tenant, document)
    assert (again.changed, again.counts["key_results"].unchanged) == (False, 4)
    assert await tenant.verify() == []


async def test_a_later_file_moves_formulas_over_what_it_names(tenant: Workplace):
    await bring_small(tenant, plan(total("F1", "K1", "K2")))
    document = {"check_ins": [check_in("I3", "K1", 60, date="2026-05-12")]}
    assert told(await bring_small(tenant, document)) == []
    assert (await values(tenant))["F1"] == 61
    await bring_small(tenant, plan(total("F1", function=None)))
    row = (await by_name(tenant, "key_result"))["small:F1"]
    assert (row["formula_function"], row["formula_part_ids"], row["current_value"]) == (None, [], None)
    assert await tenant.verify() == []


@pytest.mark.parametrize(
    ("rows", "codes"),
    (
        ([total("F1", "F1")], ["FORMULA_LOOPS"]),
        ([total("F1", "F2"), total("F2", "F1"), total("F3", "F2")], ["FORMULA_LOOPS"] * 3),
        ([total("F1", "K9")], ["REFERENCE_IS_UNKNOWN"]),
        ([total("F1", function="SUM")], ["ROW_IS_UNCLEAR"]),
        ([total("F1", "K1", function=None)], ["ROW_IS_UNCLEAR"]),
        ([total("F1", "K1", function="MEDIAN")], ["ROW_IS_UNCLEAR"]),
        ([total("F1", "K1", measure={"kind": "BOOLEAN"})], ["FORMULA_DOES_NOT_FIT"]),
        ([total("F1", "K3"), key_result("K3", measure={"kind": "BOOLEAN"})], ["FORMULA_DOES_NOT_FIT"]),
        ([total("F1", "K1", measure={"kind": "AT_MOST", "unit": "EUR", "target": 5})], ["UNIT_DIFFERS"]),
        ([total("F1", *(f"K{number}" for number in range(MAX_FORMULA_PARTS + 1)))], ["REFERENCE_IS_UNKNOWN"]),
        ([total(f"F{number}", "K1") for number in range(MAX_FORMULAS_OF_A_KEY_RESULT + 1)], ["TOO_MANY"]),
    ),
)  # fmt: skip
async def test_what_does_not_fit_is_rejected(tenant: Workplace, rows: list[dict[str, Any]], codes: list[str]):
    before = await tenant.seq()
    report = await bring_small(tenant, plan(*rows))
    assert [each.code for each in report.errors] == codes
    assert (report.refused, await tenant.seq()) == (True, before)


async def test_a_part_keeps_the_unit_of_the_formulas_over_it(tenant: Workplace):
    await bring_small(tenant, plan(total("F1", "K1")))
    document = quarter(key_results=[key_result("K1", unit="EUR")])
    report = await bring_small(tenant, document)
    assert [each.code for each in report.errors] == ["UNIT_DIFFERS"]


async def test_both_may_change_their_unit_together(tenant: Workplace):
    await bring_small(tenant, plan(total("F1", "K1")))
    document = quarter(key_results=[total("F1", "K1", unit="EUR"), key_result("K1", unit="EUR")])
    report = await bring_small(tenant, document)
    assert told(report) == []
    assert await tenant.verify() == []


async def test_values_of_a_formula_are_history_and_its_current_value_is_told(tenant: Workplace):
    document = plan(total("F1", "K1", current=7), check_ins=[check_in("I1", "K1", 50)])
    report = await bring_small(tenant, document)
    assert [(each.code, each.place) for each in report.rows if "formula" in each.message] == [
        ("NOT_KEPT", "key_results[0] (F1)")
    ]
    more = {"check_ins": [check_in("I9", "F1", 7, date="2026-05-13")]}
    await bring_small(tenant, more)
    assert (await values(tenant))["F1"] == 50
    assert await tenant.verify() == []
