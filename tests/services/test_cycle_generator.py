"""A year of cycles: the year and its quarters, in one mutation and one change."""

from datetime import date
from typing import Any

import pytest

from okr_api.okr.cycle import CycleState
from okr_api.services.cycle_generator import generate_cycles
from tests.acme import Acme, Workplace, ref

MADE = {"change": 1, "cycle": 5, "cycle_version": 5, "feed_head": 1}
Days = tuple[str, str, str]


@pytest.fixture
async def place(acme: Acme) -> Workplace:
    """An organisation without cycles."""
    return await Workplace.found(acme.database, acme.notifier, "Beta")


async def days(place: Workplace) -> list[Days]:
    rows = await place.fetch(
        "select name, starts_on, ends_on from cycle where organization_id = $1 order by starts_on, ends_on desc, id",
        place.organization.id,
    )
    return [(row["name"], str(row["starts_on"]), str(row["ends_on"])) for row in rows]


async def test_a_year_has_four_quarters_within_it_as_one_change(place: Workplace):
    before = await place.tables()
    outcome = await place.do(generate_cycles, year=2027, external_id="fy27")
    assert await place.written(before) == MADE
    year, *quarters = outcome.ids["cycles"]
    assert outcome.ids["node"] == year
    assert await days(place) == [
        ("2027", "2027-01-01", "2027-12-31"),
        ("2027-Q1", "2027-01-01", "2027-03-31"),
        ("2027-Q2", "2027-04-01", "2027-06-30"),
        ("2027-Q3", "2027-07-01", "2027-09-30"),
        ("2027-Q4", "2027-10-01", "2027-12-31"),
    ]
    rows = [await place.row("cycle", id) for id in (year, *quarters)]
    assert [(row["parent_id"], row["external_id"]) for row in rows] == [
        (None, "fy27"),
        *((year, f"fy27-q{place}") for place in (1, 2, 3, 4)),
    ]
    assert {(row["state"], row["version"]) for row in rows} == {("DRAFT", 1)}
    change = await place.change()
    assert (change["kind"], change["node_id"], change["deltas"]) == ("CYCLES_GENERATED", year, [])
    assert await place.verify() == []


@pytest.mark.parametrize(
    ("month", "names", "first", "last", "second"),
    (
        (1, ("2028", "2028-Q1"), "2028-01-01", "2028-12-31", "2028-04-01"),
        (3, ("2028/29", "2028/29-Q1"), "2028-03-01", "2029-02-28", "2028-06-01"),
        (4, ("2028/29", "2028/29-Q1"), "2028-04-01", "2029-03-31", "2028-07-01"),
        (12, ("2028/29", "2028/29-Q1"), "2028-12-01", "2029-11-30", "2029-03-01"),
    ),
)
async def test_a_fiscal_year_begins_with_its_month(
    month: int, names: tuple[str, str], first: str, last: str, second: str, place: Workplace
):
    await place.done(generate_cycles, year=2028, fiscal_start_month=month)
    year, quarter, another, *_ = await days(place)
    assert (year, quarter[0], another[1]) == ((names[0], first, last), names[1], second)
    assert {
        row["external_id"]
        for row in await place.fetch("select external_id from cycle where name like '2028%'")
    } == {None}


async def test_years_follow_one_another_without_a_gap(place: Workplace):
    for year in (2027, 2028, 2099):
        await place.done(generate_cycles, year=year, fiscal_start_month=7)
    whole = [row for row in await days(place) if "Q" not in row[0]]
    assert [row[0] for row in whole] == ["2027/28", "2028/29", "2099/00"]
    assert (whole[0][2], whole[1][1]) == ("2028-06-30", "2028-07-01")


async def test_a_year_is_named_as_one_says(place: Workplace):
    await place.done(generate_cycles, year=2027, name=" Year of the otter ")
    assert [row[0] for row in await days(place)] == [
        "Year of the otter",
        *(f"Year of the otter-Q{number}" for number in (1, 2, 3, 4)),
    ]


async def test_a_year_may_lie_within_a_longer_cycle_and_enclose_shorter_ones(place: Workplace):
    plan = await place.cycle("Strategy", date(2026, 1, 1), date(2028, 12, 31), state=CycleState.DRAFT)
    for name, first, last in (
        ("Half", date(2027, 1, 1), date(2027, 6, 30)),
        ("Month", date(2027, 2, 1), date(2027, 2, 28)),
    ):
        await place.cycle(name, first, last, state=CycleState.DRAFT)
    year = await place.done(generate_cycles, year=2027, parent=plan)
    assert (await place.row("cycle", year))["parent_id"] == plan


@pytest.mark.parametrize(
    ("known", "code"),
    (
        (("2027-01-01", "2027-12-31"), "ALREADY_EXISTS"),
        (("2027-04-01", "2027-06-30"), "ALREADY_EXISTS"),
        (("2026-12-31", "2027-01-01"), "CYCLES_OVERLAP"),
        (("2027-12-31", "2028-01-01"), "CYCLES_OVERLAP"),
        (("2027-01-01", "2027-04-01"), "CYCLES_OVERLAP"),
        (("2027-03-31", "2027-12-31"), "CYCLES_OVERLAP"),
        (("2026-04-01", "2027-03-31"), "CYCLES_OVERLAP"),
        (("2026-12-01", "2026-12-31"), None),
        (("2028-01-01", "2028-01-01"), None),
        (("2026-12-31", "2028-01-01"), None),
        (("2027-01-01", "2027-12-30"), "CYCLES_OVERLAP"),
        (("2027-12-31", "2027-12-31"), None),
    ),
)
async def test_cycles_share_days_only_where_one_encloses_the_other(
    known: tuple[str, str], code: str | None, place: Workplace
):
    await place.cycle("Known", *map(date.fromisoformat, known), state=CycleState.DRAFT)
    if code is None:
        await place.done(generate_cycles, year=2027)
    else:
        refusal = await place.refused(generate_cycles, year=2027)
        assert (refusal.code(), refusal.path) == (code, ("year",))
        assert f"Known ({known[0]} to {known[1]})" in refusal.message


async def test_a_year_is_generated_once(place: Workplace):
    await place.done(generate_cycles, year=2027)
    assert (await place.refused(generate_cycles, year=2027, name="Again")).code() == "ALREADY_EXISTS"
    assert (await place.refused(generate_cycles, year=2027, fiscal_start_month=2)).code() == "CYCLES_OVERLAP"


TOO_LONG = "x" * 498


@pytest.mark.parametrize(
    ("inputs", "code", "path"),
    (
        ({"year": 1899}, "INVALID_INPUT", ("year",)),
        ({"year": 2201}, "INVALID_INPUT", ("year",)),
        ({"year": 2200, "fiscal_start_month": 2}, "INVALID_INPUT", ("year",)),
        ({"year": -(10**9)}, "INVALID_INPUT", ("year",)),
        ({"year": 2027, "fiscal_start_month": 0}, "INVALID_INPUT", ("fiscalStartMonth",)),
        ({"year": 2027, "fiscal_start_month": 13}, "INVALID_INPUT", ("fiscalStartMonth",)),
        ({"year": 2027, "name": " "}, "INVALID_INPUT", ("name",)),
        ({"year": 2027, "name": TOO_LONG}, "INVALID_INPUT", ("name",)),
        ({"year": 2027, "external_id": ""}, "INVALID_INPUT", ("externalId",)),
        ({"year": 2027, "external_id": "x" * 198}, "INVALID_INPUT", ("externalId",)),
        ({"year": 2027, "external_id": "taken"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        ({"year": 2027, "parent": "taken-q3"}, "CYCLE_OUTSIDE_PARENT", ("id",)),
        ({"year": 2027, "parent": "nobody"}, "NOT_FOUND", ("id",)),
    ),
)  # fmt: skip
async def test_what_is_refused_makes_no_cycle(
    inputs: dict[str, Any], code: str, path: tuple[str, ...], place: Workplace
):
    third = (date(2000, 1, 1), date(2000, 1, 9))
    await place.cycle("Taken", *third, state=CycleState.DRAFT, external_id="taken-q3")
    refusal = await place.refused(generate_cycles, **inputs)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_the_longest_name_and_external_id_leave_room_for_the_quarters(place: Workplace):
    await place.done(generate_cycles, year=2200, name="x" * 497, external_id="x" * 197)
    assert {len(row[0]) for row in await days(place)} == {497, 500}


async def test_the_cycles_of_another_organisation_are_in_nobodys_way(acme: Acme, place: Workplace):
    await place.done(generate_cycles, year=2027, external_id="fy27")
    other = await Workplace.found(acme.database, acme.notifier, "Gamma")
    await other.done(generate_cycles, year=2027, external_id="fy27")
    parent = (await place.fetch("select id from cycle where name = '2027'"))[0]["id"]
    assert (await other.refused(generate_cycles, year=2028, parent=ref(parent))).code() == "NOT_FOUND"
