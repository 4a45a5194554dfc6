"""Invalid rows in an export: they are reported, and the file is rejected."""

import json

import jsonschema
import pytest

from tests.services.import_export.files import OKR_FILES, bring, exported, real, told
from tests.services.import_export.test_round_trip import schema

AHEAD = "2199-01-01T00:00:00Z"


@pytest.fixture
async def document(acme):
    """Return Acme's export after one check-in and one edit."""
    await acme.check_in(acme.macros, 5, external_id="said")
    await acme.align(acme.answer_fast, acme.customers_stay, weight=2)
    return json.loads(await exported(acme))


def row(document, section, id):
    [found] = [each for each in document[section] if each["id"] == id]
    return found


async def test_a_fact_that_is_there_is_not_rewritten(acme, document):
    row(document, "check_ins", "said")["value"] = 6
    report = await bring(acme, document)
    assert [code for _, code in told(report)] == ["FACT_DIFFERS"]


async def test_an_older_export_takes_definitions_back_and_facts_stay(acme, document):
    await acme.check_in(acme.macros, 7)
    await acme.align(acme.answer_fast, acme.customers_stay, weight=9)
    report = await bring(acme, document)
    assert (report.errors, report.counts["alignments"].updated) == ([], 1)
    assert await acme.progress(acme.macros) == 0.7
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("section", "id", "fields"),
    (
        ("objectives", "never_down", {"recorded_at": AHEAD}),
        ("objectives", "never_down", {"seq": "one"}),
        ("objectives", "never_down", {"version": 0}),
        ("key_results", "macros", {"uuid": "not a uuid"}),
        ("key_results", "macros", {"imported_fields": [1]}),
        ("check_ins", "said", {"author": {"name": None}}),
        ("check_ins", "said", {"author": {"name": "x", "person_id": "nobody"}}),
        ("check_ins", "said", {"definition": 0}),
        ("check_ins", "said", {"seq": 2**60}),
        ("check_ins", "said", {"imported_as": "x" * 201}),
        ("objectives", "never_down", {"history": [{"id": "never_down", "title": "", "cycle_id": "quarter"}]}),
        (
            "people",
            "ann",
            {
                "history": [
                    {"id": "ann", "name": "A", "version": 1, "seq": 99, "recorded_at": "2026-01-01T00:00:00Z"}
                ]
            },
        ),
        (
            "objectives",
            "answer_fast",
            {
                "parents_history": [
                    {"objective_id": "customers_stay", "seq": 10**6, "recorded_at": "2026-01-01T00:00:00Z"}
                ]
            },
        ),
    ),
)
async def test_a_row_that_cannot_be_is_reported(document, elsewhere, section, id, fields):
    place = row(document, section, id)
    place |= fields
    before = await elsewhere.tables()
    report = await bring(elsewhere, document)
    assert report.refused
    # Rows that refer to it are left out as well, and reported after it.
    assert f"({id})" in told(report)[0][0]
    assert await elsewhere.tables() == before


async def test_a_decision_that_cannot_be_is_reported(document, elsewhere):
    document["changes"][1]["kind"] = "DREAMT"
    document["changes"][2]["seq"] = document["changes"][0]["seq"]
    report = await bring(elsewhere, document)
    assert told(report) == [("changes[1]", "ROW_IS_UNCLEAR"), ("changes", "ROW_IS_UNCLEAR")]


async def test_a_decision_about_what_has_no_versions_is_one_about_the_organisation(document, elsewhere):
    document["changes"][0]["node"] = {"type": "CHECK_IN", "id": "nothing"}
    assert told(await bring(elsewhere, document)) == []
    change = await elsewhere.change(document["changes"][0]["seq"])
    assert change["node_id"] == elsewhere.organization.id


async def test_two_rows_with_one_own_id_are_reported(document, elsewhere):
    row(document, "people", "ben")["uuid"] = row(document, "people", "ann")["uuid"]
    report = await bring(elsewhere, document)
    assert ("people[1] (ben)", "ID_IS_REPEATED") in told(report)


async def test_a_time_zone_that_is_none_is_reported(document, elsewhere):
    document["organization"]["time_zone"] = "Mars/Olympus"
    report = await bring(elsewhere, document)
    assert told(report) == [("organization", "INVALID_INPUT")]


@pytest.mark.parametrize("name", OKR_FILES)
def test_a_file_in_the_plain_shape_is_valid_by_the_published_schema(name):
    jsonschema.Draft202012Validator.check_schema(schema())
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(real(name))) == []
