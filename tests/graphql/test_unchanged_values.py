"""Sending back unchanged values is not an edit: those that have become invalid are accepted."""

from okr_api.okr.change import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.serving import Client


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
