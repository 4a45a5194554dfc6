"""Numbers in exports: each lies within the service's own range, with room for later changes."""

import json

import pytest

from okr_api.graphql.scalars import MAX_SEQ
from okr_api.services.import_export.row_parser import MAX_COUNT, MAX_FILE_SEQ
from tests.services.import_export.files import bring, exported, told
from tests.services.import_export.test_round_trip import schema

PERSON = {"id": "ann", "name": "Ann", "version": 1, "seq": 1, "recorded_at": "2026-01-01T00:00:00Z"}


def people(**fields: object) -> dict[str, object]:
    return {"ids": "full", "people": [PERSON | fields]}


async def test_the_head_stays_within_seq(tenant):
    for beyond in (2**53, MAX_FILE_SEQ + 1):
        report = await bring(tenant, people(seq=beyond), skip_invalid=True)
        assert told(report) == [("people[0] (ann)", "ROW_IS_UNCLEAR")]
    assert await tenant.seq() < 10


async def test_the_largest_seq_leaves_room_for_all_that_follows(place):
    assert (await bring(place, people(seq=MAX_FILE_SEQ))).errors == []
    await place.person("Ben")
    assert MAX_FILE_SEQ + 2 == await place.seq() < MAX_SEQ


async def test_a_version_leaves_room_for_edits(place):
    report = await bring(place, people(version=MAX_COUNT + 1), skip_invalid=True)
    assert told(report) == [("people[0] (ann)", "ROW_IS_UNCLEAR")]
    assert (await bring(place, people(version=MAX_COUNT))).errors == []
    await bring(place, {"ids": "full", "people": [{"id": "ann", "name": "Anna"}]})
    [row] = await place.fetch("select version from person where external_id = 'ann'")
    assert row["version"] == MAX_COUNT + 1


@pytest.mark.parametrize("fields", ({"definition": 2}, {"seq": 0}, {"place": -1}, {"place": MAX_COUNT + 1}))
async def test_a_check_in_has_a_definition_and_a_place_that_there_are(acme, elsewhere, fields):
    await acme.check_in(acme.macros, 5, external_id="said")
    document = json.loads(await exported(acme))
    [said] = [row for row in document["check_ins"] if row["id"] == "said"]
    said |= fields
    report = await bring(elsewhere, document)
    assert [(place.split()[-1], code) for place, code in told(report)] == [("(said)", "ROW_IS_UNCLEAR")]


def test_the_published_schema_has_the_same_bounds():
    definitions = schema()["$defs"]
    assert definitions["seq"]["maximum"] == -definitions["seq"]["minimum"] == MAX_FILE_SEQ
    assert definitions["version"]["maximum"] == MAX_COUNT
