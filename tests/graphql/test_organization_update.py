"""The organisation's settings and texts: each edited alone, with its version, or refused."""

from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.coaching.coach import RULES
from tests.acme import Acme
from tests.serving import Client, serving

WHOLE = "{ organization { name timeZone language mission vision editing reviewRequired version coachingSettings { rulesOff } } }"
EVERY = {
    "name": "Acme & Co",
    "timeZone": "Asia/Tokyo",
    "language": "de",
    "mission": " Answer *everybody*\n",
    "vision": "No queue, anywhere",
    "editing": "EVERYONE",
    "reviewRequired": True,
}

RULES_OFF = ["title-long", "owner-missing"]


@pytest.mark.parametrize("field", EVERY)
async def test_what_is_left_out_stays(field: str, client: Client):
    before = await client.one(WHOLE)
    done = await client.do("organizationUpdate", WHOLE[2:-2], **{field: EVERY[field]})
    assert done["organization"] == before | {field: EVERY[field], "version": 2} == await client.one(WHOLE)


@pytest.mark.parametrize("text", ("mission", "vision"))
@pytest.mark.parametrize("nothing", (None, ""))
async def test_a_text_is_taken_away(text: str, nothing: str | None, client: Client):
    await client.do("organizationUpdate", mission="Answer everybody", vision="No queue")
    before = await client.one(WHOLE)
    done = await client.do("organizationUpdate", WHOLE[2:-2], **{text: nothing})
    assert done["organization"] == before | {text: None, "version": 3}


@pytest.mark.parametrize(
    ("input", "code", "path"),
    (
        ({"name": None}, "INVALID_INPUT", ["name"]),
        ({"timeZone": None}, "INVALID_INPUT", ["timeZone"]),
        ({"language": None}, "INVALID_INPUT", ["language"]),
        ({"editing": None}, "INVALID_INPUT", ["editing"]),
        ({"reviewRequired": None}, "INVALID_INPUT", ["reviewRequired"]),
        ({"name": " "}, "INVALID_INPUT", ["name"]),
        ({"timeZone": "Mars/Olympus", "name": "N"}, "INVALID_INPUT", ["timeZone"]),
        ({"timeZone": ""}, "INVALID_INPUT", ["timeZone"]),
        ({"language": "tlh", "timeZone": "Asia/Tokyo"}, "INVALID_INPUT", ["language"]),
        ({"mission": "x" * 10_001}, "INVALID_INPUT", ["mission"]),
        ({"vision": "x" * 10_001}, "INVALID_INPUT", ["vision"]),
        ({"coachingRulesOff": ["title-long", "no-such-rule"]}, "INVALID_INPUT", ["coachingRulesOff", "1"]),
        ({"name": "N", "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ),
)
async def test_what_is_wrong_is_refused_and_nothing_changes(
    input: dict[str, Any], code: str, path: list[str], client: Client, acme: Acme
):
    before = await acme.tables()
    assert await client.refused("organizationUpdate", **input) == [(code, path)]
    assert await acme.tables() == before


async def test_rules_of_coaching_are_switched_off_and_on_again(client: Client, acme: Acme):
    settings = "organization { version coachingSettings { rulesOff rules { rule isOn } } }"
    for given, expected in ((RULES_OFF * 2, sorted(RULES_OFF)), (["title-long"], ["title-long"]), (None, [])):
        done = await client.do("organizationUpdate", settings, coachingRulesOff=given)
        found = done["organization"]["coachingSettings"]
        assert found["rulesOff"] == expected
        assert [rule["rule"] for rule in found["rules"]] == [rule.id for rule in RULES]
        assert {rule["rule"] for rule in found["rules"] if not rule["isOn"]} == set(expected)
        change = await acme.change()
        assert (change["kind"], change["fields"]) == ("ORGANIZATION_UPDATED", ["coaching_rules_off"])
    assert done["organization"]["version"] == 4
    rows = await acme.fetch("select coaching_rules_off from organization_version order by seq")
    assert [row["coaching_rules_off"] for row in rows] == [[], sorted(RULES_OFF), ["title-long"], []]


async def test_the_languages_that_there_are_stand_in_the_message(client: Client):
    done = await client.try_("organizationUpdate", language="x" * 1000)
    assert done["errors"][0]["message"].endswith("is not one of: en, de")
    assert len(done["errors"][0]["message"]) < 100


async def test_another_time_zone_tells_each_number_that_moved(client: Client, acme: Acme):
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
    selected = "deltas { progressAfter } organization { timeZone version }"
    done = await client.do("organizationUpdate", selected, timeZone="Pacific/Auckland", expectedVersion=1)
    assert done["organization"] == {"timeZone": "Pacific/Auckland", "version": 2}
    assert len(done["deltas"]) == len((await acme.change())["deltas"]) > 0
    assert await acme.verify() == []


async def test_only_an_admin_edits_the_organisation(acme: Acme, acme_url: str):
    async with serving(acme_url) as server:
        client = server.client(acme.world.tokens[Scope.WRITE])
        assert await client.refused("organizationUpdate", language="de") == [("FORBIDDEN", [])]
