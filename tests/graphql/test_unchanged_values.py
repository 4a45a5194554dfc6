"""Sending back unchanged values is no edit and no change; those that have become invalid are accepted."""

from typing import Any

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.serving import Client

ANSWER, MACROS, QUARTER = {"externalId": "answer_fast"}, {"externalId": "macros"}, {"externalId": "quarter"}
TABLES = {"keyResult": "key_result"} | {name: name for name in ("objective", "cycle", "team", "person", "organization")}  # fmt: skip
VERSION = "select version from {of} each where to_jsonb(each) ->> 'external_id' is not distinct from $1"
STAYS = {"objective": {"externalId": "customers_stay"}}
UNCHANGED: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("objectiveUpdate", {"objective": ANSWER}, {}),
    ("objectiveUpdate", {"objective": ANSWER}, {"title": " Answer fast ", "owner": {"externalId": "ben"}}),
    ("objectiveAlign", {"objective": ANSWER}, {"parent": STAYS, "weight": 1}),
    ("objectiveAlign", {"objective": ANSWER}, {"parent": STAYS}),
    ("objectiveMove", {"objective": ANSWER}, {"parent": STAYS}),
    ("objectiveMove", {"objective": {"externalId": "customers_stay"}}, {}),
    ("keyResultUpdate", {"keyResult": MACROS}, {"targetValue": 10, "measure": "INCREASE", "startValue": 0}),
    ("keyResultUpdate", {"keyResult": MACROS}, {"weight": 1, "labels": [], "reason": "As agreed"}),
    ("keyResultMove", {"keyResult": MACROS}, {"objective": {"externalId": "clear_backlog"}}),
    ("cycleUpdate", {"cycle": QUARTER}, {"name": "Quarter", "parent": {"externalId": "year"}}),
    ("teamUpdate", {"team": {"externalId": "support"}}, {"name": "Support", "parent": None}),
    ("personUpdate", {"person": {"externalId": "ben"}}, {"name": "Ben", "role": "MEMBER"}),
    ("organizationUpdate", {}, {"name": "Acme", "timeZone": "Europe/Berlin", "coachingRulesOff": []}),
)


def node_of(named: dict[str, Any]) -> str:
    """Return the field of the payload with the entity that an update names."""
    return next(iter(named), "organization")


@pytest.mark.parametrize(("mutation", "named", "values"), UNCHANGED)
async def test_an_edit_to_what_is_stored_is_no_change(
    mutation: str, named: dict[str, Any], values: dict[str, Any], client: Client, acme: Acme
):
    tables, node = await acme.tables(), node_of(named)
    [version] = await acme.fetch(VERSION.format(of=TABLES[node]), named.get(node, {}).get("externalId"))
    selected = f"{node} {{ version }} deltas {{ nodeId }}"
    done = await client.do(mutation, selected, **named, **values, expectedVersion=version["version"])
    assert done == {
        "seq": await acme.seq(),
        "replayed": False,
        node: {"version": version["version"]},
        "deltas": [],
        "errors": [],
    }
    assert await client.refused(mutation, **named, **values, expectedVersion=9) == [
        ("VERSION_CONFLICT", ["expectedVersion"])
    ]
    assert await acme.tables() == tables


@pytest.mark.parametrize(("mutation", "named", "values"), UNCHANGED)
async def test_the_key_of_an_edit_to_what_is_stored_is_kept(
    mutation: str, named: dict[str, Any], values: dict[str, Any], client: Client, acme: Acme
):
    await acme.check_in("macros", 5)  # its deltas are not those of the edit
    selected, keyed = "deltas { nodeId }", {**named, **values, "idempotencyKey": "once"}
    first = await client.do(mutation, selected, **keyed)
    await acme.check_in("macros", 6)
    head = await acme.seq()
    assert first["seq"] == head - 1
    assert await client.do(mutation, selected, **keyed) == {**first, "replayed": True}
    assert (first["deltas"], await acme.seq()) == ([], head)
    assert await client.refused(mutation, **keyed, expectedVersion=1) == [
        ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    ]


async def test_who_may_not_edit_may_not_send_back_what_is_stored(reader: Client):
    for mutation, named, values in UNCHANGED:
        assert await reader.refused(mutation, **named, **values) == [("FORBIDDEN", [])]


async def test_a_plan_that_cannot_be_edited_cannot_be_sent_back(client: Client, acme: Acme):
    await client.do("cycleReview", cycle=QUARTER)
    for mutation, named, values in UNCHANGED:
        if named in ({"objective": ANSWER}, {"keyResult": MACROS}, {"cycle": QUARTER}):
            assert [code for code, _ in await client.refused(mutation, **named, **values)] == [
                "CYCLE_IS_IN_REVIEW"
            ]


async def test_an_owner_and_contributors_who_have_left_can_be_sent_back(client: Client, acme: Acme):
    cem, ben = (encode_id(NodeType.PERSON, id) for id in (acme.cem, acme.ben))
    await client.do(
        "objectiveUpdate", objective={"externalId": "never_down"}, contributors=[{"id": cem}, {"id": ben}]
    )
    await client.do("keyResultUpdate", keyResult={"externalId": "load"}, owner={"id": cem})
    await client.do("personRemove", person={"externalId": "cem"})
    for owner in ({"owner": {"id": cem}}, {"owner": {"externalId": "cem"}}):
        await client.do("objectiveUpdate", objective={"externalId": "never_down"}, title="Stay up", **owner)
        await client.do("keyResultUpdate", keyResult={"externalId": "load"}, title="Load", **owner)
        for field, one in (("objective", "answer_fast"), ("keyResult", "macros")):
            given = {field: {"externalId": one}, **owner}
            assert await client.refused(f"{field}Update", **given) == [
                ("PERSON_IS_REMOVED", ["owner", *owner["owner"]])
            ]
    await client.do(
        "objectiveUpdate", objective={"externalId": "never_down"}, contributors=[{"id": ben}, {"id": cem}]
    )
    assert await client.refused(
        "objectiveUpdate", objective={"externalId": "answer_fast"}, contributors=[{"id": cem}]
    ) == [("PERSON_IS_REMOVED", ["contributors", "0", "id"])]


async def test_an_imported_measure_without_a_way_to_go_can_be_sent_back(client: Client, acme: Acme):
    await acme.fetch("update key_result set start_value = target_value where id = $1", acme.macros)
    same = {"startValue": 10, "targetValue": 10, "measure": "INCREASE"}
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, title="Macros", **same)
    assert await client.refused(
        "keyResultUpdate", keyResult={"externalId": "macros"}, startValue=10, unit="%"
    ) == [("NO_SPAN", ["targetValue"])]


async def test_a_weight_is_refused_also_where_there_is_no_parent_to_weigh_in(client: Client):
    new = {"cycle": {"externalId": "quarter"}, "title": "New"}
    for weight in (-1, 1e7, 1e-7):
        wrong = [("INVALID_INPUT", ["weight"])]
        assert await client.refused("objectiveCreate", **new, weight=weight) == wrong
        assert (
            await client.refused("objectiveMove", objective={"externalId": "answer_fast"}, weight=weight)
            == wrong
        )
