"""Sending back unchanged values is not an edit: those that have become invalid are accepted."""

from okr_api.okr.change import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.serving import Client


async def test_an_owner_and_contributors_who_have_left_can_be_sent_back(client: Client, acme: Acme):
    cem, ben = (encode_id(NodeType.PERSON, id) for id in (acme.cem, acme.ben))
    await client.do("objectiveUpdate", externalId="never_down", contributorIds=[cem, ben])
    await client.do("keyResultUpdate", externalId="load", ownerId=cem)
    await client.do("personRemove", externalId="cem")
    for owner in ({"ownerId": cem}, {"ownerExternalId": "cem"}):
        await client.do("objectiveUpdate", externalId="never_down", title="Stay up", **owner)
        await client.do("keyResultUpdate", externalId="load", title="Load", **owner)
        for mutation, one in (("objectiveUpdate", "answer_fast"), ("keyResultUpdate", "macros")):
            assert await client.refused(mutation, externalId=one, **owner) == [
                ("PERSON_IS_REMOVED", list(owner))
            ]
    await client.do("objectiveUpdate", externalId="never_down", contributorIds=[ben, cem])
    assert await client.refused("objectiveUpdate", externalId="answer_fast", contributorIds=[cem]) == [
        ("PERSON_IS_REMOVED", ["contributorIds", "0"])
    ]


async def test_an_imported_measure_without_a_way_to_go_can_be_sent_back(client: Client, acme: Acme):
    await acme.fetch("update key_result set start_value = target_value where id = $1", acme.macros)
    same = {"startValue": 10, "targetValue": 10, "measure": "INCREASE"}
    await client.do("keyResultUpdate", externalId="macros", title="Macros", **same)
    assert await client.refused("keyResultUpdate", externalId="macros", startValue=10, unit="%") == [
        ("NO_SPAN", ["targetValue"])
    ]


async def test_a_weight_is_refused_also_where_there_is_no_parent_to_weigh_in(client: Client):
    new = {"cycleExternalId": "quarter", "title": "New"}
    for weight in (-1, 1e7, 1e-7):
        wrong = [("INVALID_INPUT", ["weight"])]
        assert await client.refused("objectiveCreate", **new, weight=weight) == wrong
        assert await client.refused("objectiveMove", externalId="answer_fast", weight=weight) == wrong
