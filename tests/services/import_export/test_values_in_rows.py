"""Values in rows: each is read by its type; a value of another type is reported with its field."""

import pytest

from okr_api.services.import_export.json_parser import parse_file
from tests.services.import_export.files import (
    bring,
    bring_small,
    by_name,
    check_in,
    key_result,
    objective,
    quarter,
    told,
)

STEPS = [{"name": "Plan", "done": True}, {"name": "Pilot", "done": False}]


async def progress_of(tenant, id: str) -> float | None:
    return (await by_name(tenant, "key_result"))[f"small:{id}"]["progress"]


# ── Enum values and flags ──


@pytest.mark.parametrize("direction", ("Decrease", "DECREASE", " decrease "))
async def test_a_direction_is_understood_in_any_case(tenant, direction):
    rows = [key_result("K1", type="percent", start=None, target=None, direction=direction)]
    report = await bring_small(tenant, quarter(key_results=rows, check_ins=[check_in("I1", "K1", 40)]))
    row = (await by_name(tenant, "key_result"))["small:K1"]
    assert (row["measure"], row["start_value"], row["target_value"]) == ("DECREASE", 100.0, 0.0)
    assert row["progress"] == 0.6
    assert report.errors == []


@pytest.mark.parametrize("done", (1, "true", "yes", 0, "no"))
async def test_a_milestone_that_is_done_or_not_in_other_words_is_reported(tenant, done):
    steps = [STEPS[0], {"name": "Pilot", "done": done}]
    rows = [key_result("K1", type="milestone", start=None, target=None, milestones=steps)]
    report = await bring_small(tenant, quarter(key_results=rows, check_ins=[]))
    assert told(report) == [("key_results[0] (K1)", "ROW_IS_UNCLEAR")]
    assert report.errors[0].message == f"milestones[1].done is {done!r}, not true or false"


async def test_fields_within_a_row_that_are_not_kept_are_told(tenant):
    steps = [STEPS[0] | {"colour": "red"}, STEPS[1]]
    rows = {
        "objectives": [objective("O1", parents=[{"objective_id": "O2", "note": "x"}]), objective("O2")],
        "key_results": [key_result("K1", type="milestone", start=None, target=None, milestones=steps)],
    }
    report = await bring_small(tenant, quarter(**rows, check_ins=[]))
    assert [(row.place, row.message) for row in report.rows if row.code == "NOT_KEPT"] == [
        ("key_results", "milestones.colour is not a supported field and was ignored (1 row)"),
        ("objectives", "parents.note is not a supported field and was ignored (1 row)"),
    ]
    assert await progress_of(tenant, "K1") == 0.5


async def test_a_current_value_is_understood_also_where_check_ins_take_its_place(tenant):
    rows = [key_result("K1", current="plenty"), key_result("K2", target=10)]
    report = await bring_small(tenant, quarter(key_results=rows))
    assert report.errors[0].message == "current is 'plenty', not a number"


@pytest.mark.parametrize("field", ("owner_ids", "contributor_ids"))
async def test_null_in_a_list_of_ids_is_reported(tenant, field):
    report = await bring_small(tenant, quarter(objectives=[objective("O1", **{field: [None]})]))
    assert report.errors[0].message == f"{field}[0] is null, not an id"


async def test_null_among_the_milestones_that_are_done_is_reported(tenant):
    rows = [key_result("K1", type="milestone", start=None, target=None, milestones=STEPS)]
    said = [{"id": "I1", "key_result_id": "K1", "date": "2026-02-01", "milestones_done": [None]}]
    report = await bring_small(tenant, quarter(key_results=rows, check_ins=said))
    assert report.errors[0].message == "milestones_done[0] is null, not an id"


@pytest.mark.parametrize(
    ("done", "message"),
    (
        (["x"], "milestones_done: There is no milestone 'x'"),
        (["x" * 500], "milestones_done has at most 100 keys of at most 200 characters"),
    ),
)
async def test_a_rule_of_the_service_names_the_field_as_files_do(tenant, done, message):
    rows = [key_result("K1", type="milestone", start=None, target=None, milestones=STEPS)]
    said = [{"id": "I1", "key_result_id": "K1", "date": "2026-02-01", "milestones_done": done}]
    report = await bring_small(tenant, quarter(key_results=rows, check_ins=said))
    assert report.errors[0].message == message


WRONG = {
    "an organisation's name": ({"organization": {"name": 7}}, "name is 7"),
    "an organisation's time zone": ({"organization": {"time_zone": ["UTC"]}}, "time_zone is ['UTC']"),
    "a section that is false": ({"people": False}, "people is False, not a list"),
    "a section that is an empty text": ({"teams": ""}, "teams is '', not a list"),
    "a namespace that is zero": ({"namespace": 0}, "namespace"),
    "a day of the week": (
        {"check_ins": [check_in("I1", "K1", 1, date="2026-W19-1")]},
        "date is '2026-W19-1'",
    ),
    "an email that is a list": (
        {"people": [{"id": "P1", "name": "A", "email": ["a@b"]}]},
        "email is ['a@b']",
    ),
    "an email that is too long": (
        {"people": [{"id": "P1", "name": "A", "email": "a" * 321}]},
        "email has at most 320 characters",
    ),
}


@pytest.mark.parametrize("more", ({}, {"ids": "full"}), ids=("foreign", "an export"))
@pytest.mark.parametrize(("sections", "why"), WRONG.values(), ids=WRONG.keys())
async def test_a_value_of_another_kind_is_reported(tenant, sections, why, more):
    more = {} if "namespace" in sections else more  # exports have no namespace
    report = await bring(tenant, quarter(**sections) | more)
    assert report.refused
    assert any(why in row.message for row in report.errors), report.errors


# ── Duplicate keys ──

TWICE = {
    "a section": ('{"people": [], "teams": [], "people": []}', "file", "people occurs more than once"),
    "a field": ('{"people": [{"id": "a", "name": "A", "name": "B"}]}', "people[0] (a)", "name occurs more"),
    "a field within a field": (
        '{"people": [{"id": "a", "name": "A"}], "check_ins": [], "key_results": [{"id": "k", "title": "K",'
        ' "objective_id": "o", "milestones": [{"name": "A", "done": true, "done": false}], "type": "milestone"}],'
        ' "cycles": [{"id": "c", "name": "C", "start": "2026-01-01", "end": "2026-01-31"}],'
        ' "objectives": [{"id": "o", "title": "O", "cycle_id": "c"}]}',
        "key_results[0] (k)",
        "milestones[0].done occurs more than once",
    ),
}


@pytest.mark.parametrize(("text", "place", "why"), TWICE.values(), ids=TWICE.keys())
async def test_what_stands_twice_is_reported(tenant, text, place, why):
    report = await bring(tenant, parse_file(text.encode()))
    assert [row.place for row in report.errors] == [place]
    assert why in report.errors[0].message


# ── Days with a time ──


@pytest.mark.parametrize(
    ("date", "at"),
    (
        ("2026-05-05T08:19:43", "2026-05-05T12:19:43+00:00"),  # in New York
        ("2026-05-05 08:19:43.250", "2026-05-05T12:19:43.250000+00:00"),
        ("2026-05-05T08:19:43Z", "2026-05-05T08:19:43+00:00"),
        ("2026-05-05T08:19:43+02:00", "2026-05-05T06:19:43+00:00"),
    ),
)
@pytest.mark.parametrize("field", ("date", "effective_at"))
async def test_a_date_with_a_time_is_that_instant(tenant, date, at, field):
    row = check_in("I1", "K1", 50) | {"date": None, field: date}
    report = await bring_small(tenant, quarter(check_ins=[row]))
    assert report.errors == []
    assert (await by_name(tenant, "check_in"))["small:I1"]["effective_at"].isoformat() == at
    assert not (await bring_small(tenant, quarter(check_ins=[row]))).changed


async def test_a_day_with_a_time_is_that_day(tenant):
    cycle = {"id": "C1", "name": "Q", "start": "2026-04-01T00:00:00.000Z", "end": "2026-06-30T23:59:59"}
    assert (await bring_small(tenant, quarter(cycles=[cycle]))).errors == []
    row = (await by_name(tenant, "cycle"))["small:C1"]
    assert (row["starts_on"].isoformat(), row["ends_on"].isoformat()) == ("2026-04-01", "2026-06-30")


async def test_a_cycle_may_last_until_2030_and_longer(tenant):
    cycle = {"id": "C1", "name": "Targets", "start": "2015-01-01", "end": "2060-12-31"}
    report = await bring_small(tenant, quarter(cycles=[cycle]))
    assert report.errors == []
    assert await tenant.verify() == []


# ── BOOLEAN with values between 0 and 1 ──


async def test_yes_or_no_with_readings_between_is_a_fraction_and_stays_one(tenant):
    rows = [key_result("K1", type="milestone", start=None, target=None)]
    document = quarter(key_results=rows, check_ins=[check_in("I1", "K1", 0.4)])
    report = await bring_small(tenant, document)
    assert told(report) == [("key_results[0] (K1)", "TAKEN_AS_FRACTION")]
    assert await progress_of(tenant, "K1") == 0.4
    assert not (await bring_small(tenant, document)).changed
    document["check_ins"] = [check_in("I2", "K1", 1, date="2026-05-12")]
    report = await bring_small(tenant, document)
    assert (report.errors, report.counts["key_results"].unchanged) == ([], 1)
    assert await progress_of(tenant, "K1") == 1.0


async def test_yes_or_no_with_nothing_between_stays_yes_or_no(tenant):
    rows = [key_result("K1", type="milestone", start=None, target=None)]
    document = quarter(key_results=rows, check_ins=[check_in("I1", "K1", True)])
    await bring_small(tenant, document)
    assert (await by_name(tenant, "key_result"))["small:K1"]["measure"] == "BOOLEAN"
    document["check_ins"] = [check_in("I1", "K1", 0.4)]
    report = await bring_small(tenant, document)
    assert told(report) == [("key_results[0] (K1)", "TAKEN_AS_FRACTION")]
    assert await progress_of(tenant, "K1") == 0.4
    assert await tenant.verify() == []
