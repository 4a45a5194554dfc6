"""Check-ins that raise roadblocks, add work and keep decisions of their key result, all as one change."""

from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.policy import Editing
from okr_api.services import key_results, organization
from okr_api.services.check_in_records import MAX_RECORDS_AT_ONCE, NewRecords, check_in_with_records
from tests.acme import Acme, ref, said
from tests.services.people_of_never_down import RESPONSIBLE, able, actors_of

RECORDS = NewRecords(
    roadblocks=[{"title": "Wall", "owner": ref("ben")}, {"title": "Fog", "external_id": "fog"}],
    initiatives=[{"title": "Work", "owner": ref("cem")}],
    decisions=[{"text": "Go"}],
)
TABLES = ("roadblock", "initiative", "decision")


async def test_a_check_in_with_records_is_one_change_with_the_numbers_of_one_without(acme: Acme):
    await acme.check_in("uptime", 99.5)
    await acme.check_in("backlog", 150)
    alone = await acme.say(said("macros", 5))
    numbers = "select id, progress, coverage from objective order by id"
    expected, deltas = await acme.fetch(numbers), (await acme.change())["deltas"]
    await acme.retract(alone.ids["node"])
    before = await acme.tables()
    made = await acme.do(check_in_with_records, item=said("macros", 5, note="Hard"), records=RECORDS)
    assert (made.errors, made.item_errors) == ((), ())
    written = await acme.written(before)
    assert {table: written[table] for table in ("change", "check_in", *TABLES)} == {
        "change": 1, "check_in": 1, "roadblock": 2, "initiative": 1, "decision": 1,
    }  # fmt: skip
    change = await acme.change()
    assert (change["kind"], change["node_id"]) == ("CHECK_IN_RECORDED", made.ids["node"])
    assert [each["after"] for each in change["deltas"]] == [each["after"] for each in deltas]
    assert await acme.fetch(numbers) == expected
    for table in TABLES:
        rows = await acme.fetch(f"select id, key_result_id, version from {table}")
        assert {row["key_result_id"] for row in rows} == {acme.macros}
        assert {row["id"] for row in rows} <= set(change["related_ids"])
    assert acme.macros in change["related_ids"]
    assert await acme.verify() == []
    after = await acme.check_in("macros", 6)  # by the group commit, whose tree is of before
    assert (await acme.row("check_in", after))["value"] == 6
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("item", "records", "code", "path"),
    (
        ({}, {"roadblocks": [{"title": " "}]}, "INVALID_INPUT", ("roadblocks", "0", "title")),
        ({}, {"initiatives": [{"title": "A"}, {"title": "B", "link": "x"}]}, "INVALID_INPUT", ("initiatives", "1", "link")),
        ({}, {"decisions": [{"text": "Go", "owner": ref("nobody")}]}, "NOT_FOUND", ("decisions", "0", "id")),
        ({}, {"roadblocks": [{"title": "A", "external_id": "x"}] * 2}, "EXTERNAL_ID_IS_TAKEN", ("roadblocks", "1", "externalId")),
        ({}, {"decisions": [{"text": "Go"}] * (MAX_RECORDS_AT_ONCE + 1)}, "TOO_MANY", ("decisions",)),
        ({"key_result": "nobody"}, {"decisions": [{"text": "Go"}]}, "NOT_FOUND", ("id",)),
        ({"key_result": None}, {"decisions": [{"text": "Go"}]}, "INVALID_INPUT", ("keyResult",)),
    ),
)  # fmt: skip
async def test_what_is_wrong_is_refused_where_it_stands(
    item: dict[str, Any], records: dict[str, Any], code: str, path: tuple[str, ...], acme: Acme
):
    request = said(item.get("key_result", "macros"), 5)
    refused = await acme.refused(check_in_with_records, item=request, records=NewRecords(**records))
    assert (refused.code(), refused.path) == (code, path)


async def test_a_check_in_that_is_wrong_adds_nothing(acme: Acme):
    before = await acme.tables()
    made = await acme.do(check_in_with_records, item=said("macros"), records=RECORDS)
    assert [(each.code, each.index) for each in made.item_errors] == [("NOTHING_TO_RECORD", 0)]
    assert await acme.tables() == before


async def test_at_most_20_records_of_each_kind_are_added(acme: Acme):
    many = NewRecords(*[[{name: "New"}] * MAX_RECORDS_AT_ONCE for name in ("title", "title", "text")])
    made = await acme.do(check_in_with_records, item=said("macros", 1), records=many)
    assert made.errors == ()
    for table in TABLES:
        assert len(await acme.fetch(f"select id from {table}")) == MAX_RECORDS_AT_ONCE


async def test_each_record_needs_what_its_own_mutation_needs(acme: Acme):
    actors = await actors_of(acme)
    edits = {"check_in_owner": ref("sam")}
    await acme.done(key_results.edit_key_result, key_result="uptime", edits=edits, measure={})
    for name, who in (("roadblocks", {"sam"}), ("initiatives", set[str]()), ("decisions", {"sam"})):
        records = NewRecords(**{name: [{"text" if name == "decisions" else "title": "New"}]})
        inputs: dict[str, Any] = {"item": said("uptime", 99.9), "records": records}
        assert await able(acme, actors, check_in_with_records, Scope.CHECK_IN, **inputs) == RESPONSIBLE | who
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    limited = await acme.tokens.actor(acme.world.tokens[Scope.CHECK_IN])
    assert limited is not None
    for name, refused in (("roadblocks", ()), ("initiatives", ("FORBIDDEN",)), ("decisions", ("FORBIDDEN",))):
        records = NewRecords(**{name: [{"text" if name == "decisions" else "title": "New"}]})
        given: dict[str, Any] = {"item": said("uptime", 99.9), "records": records}
        outcome = await acme.do(check_in_with_records, by=limited, scope=Scope.CHECK_IN, **given)
        assert tuple(each.code() for each in outcome.errors) == refused
