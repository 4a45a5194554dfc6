"""Cadences and slots over the API: what is set is read again, errors have paths, and reads stay few."""

import re
from datetime import datetime, timedelta
from typing import Any

from okr_api.query_engine.check_in_slots import MAX_NODES_WITH_SLOTS
from okr_api.query_engine.snapshot import Snapshot
from tests.acme import TODAY, Acme
from tests.serving import Client

WEEKLY = {"weeks": 1, "weekday": TODAY.strftime("%A").upper(), "time": "23:59"}
SLOTS = """
    nextCheckInDueAt onTimeShare cadence { weeks } effectiveCadence { cadence { weeks locked time } source { id } }
    checkInSlots { state dueAt opensAt onTimeUntil closesAt checkIn { id } owedBy { externalId } excused { externalId } }
"""
UPTIME = f'{{ keyResult(externalId: "uptime") {{ {SLOTS} }} }}'


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_slots_are_read_as_they_stand(client: Client):
    assert await client.one(UPTIME) == {
        "nextCheckInDueAt": None,
        "onTimeShare": None,
        "cadence": None,
        "effectiveCadence": None,
        "checkInSlots": [],
    }
    made = await client.do(
        "teamUpdate",
        "team { id cadence { weeks weekday months day time countedFrom graceDays toleranceDays locked } }",
        team={"externalId": "platform"},
        cadence=WEEKLY,
    )
    assert made["team"]["cadence"] == WEEKLY | {
        "months": None,
        "day": None,
        "countedFrom": None,
        "graceDays": 3,
        "toleranceDays": 1,
        "locked": False,
    }
    found = await client.one(UPTIME)
    effective = {"weeks": 1, "locked": False, "time": "23:59"}
    assert found["effectiveCadence"] == {"cadence": effective, "source": {"id": made["team"]["id"]}}
    first, second, *_ = found["checkInSlots"]
    assert found["nextCheckInDueAt"] == first["dueAt"]
    assert (first["state"], first["owedBy"], first["excused"]) == ("DUE", {"externalId": "cem"}, None)
    interval = instant(second["dueAt"]) - instant(first["dueAt"])
    assert abs(interval - timedelta(days=7)) <= timedelta(hours=1)
    assert instant(second["opensAt"]) == instant(first["dueAt"]) + interval / 2
    said = await client.do(
        "checkInRecord", "checkIn { id }", keyResult={"externalId": "uptime"}, confidence=0.5
    )
    found = await client.one(UPTIME)
    assert found["checkInSlots"][0]["state"] == "ON_TIME"
    assert found["checkInSlots"][0]["checkIn"] == said["checkIn"]
    assert (found["nextCheckInDueAt"], found["onTimeShare"]) == (second["dueAt"], 1.0)
    day = (TODAY + timedelta(days=7)).isoformat()
    some = await client.one(
        'query ($day: Date) { keyResult(externalId: "uptime") { checkInSlots(from: $day, to: $day) { dueAt } } }',
        day=day,
    )
    assert some["checkInSlots"] == [{"dueAt": second["dueAt"]}]


async def test_an_objective_with_a_cadence_of_its_own_has_slots_that_check_ins_on_it_meet(client: Client):
    objective = {"externalId": "never_down"}
    asked = f'{{ objective(externalId: "never_down") {{ id {SLOTS} }} }}'
    await client.do("teamUpdate", team={"externalId": "platform"}, cadence=WEEKLY)
    found = await client.one(asked)
    assert (found["checkInSlots"], found["nextCheckInDueAt"], found["onTimeShare"]) == ([], None, None)
    await client.do("objectiveUpdate", objective=objective, cadence=WEEKLY | {"locked": True})
    found = await client.one(asked)
    assert found["effectiveCadence"]["source"] == {"id": found["id"]}
    [first, *_] = found["checkInSlots"]
    assert (first["state"], first["owedBy"]) == ("DUE", {"externalId": "cem"})
    assert found["nextCheckInDueAt"] == first["dueAt"]
    said = await client.do("checkInRecord", "checkIn { id }", objective=objective, confidence=0.5)
    found = await client.one(asked)
    [met, second, *_] = found["checkInSlots"]
    assert (met["state"], met["checkIn"], second["checkIn"]) == ("ON_TIME", said["checkIn"], None)
    assert (found["nextCheckInDueAt"], found["onTimeShare"]) == (second["dueAt"], 1)
    assert (await client.one(UPTIME))["checkInSlots"][0]["state"] == "DUE"
    refused = await client.try_("keyResultUpdate", keyResult={"externalId": "uptime"}, cadence=WEEKLY)
    assert [(one["code"], one["path"]) for one in refused["errors"]] == [("CADENCE_IS_LOCKED", ["cadence"])]


async def test_wrong_values_have_errors_with_paths(client: Client):
    for cadence, path in (
        ({"weeks": 0, "weekday": "MONDAY"}, "weeks"),
        ({"weeks": 60, "weekday": "MONDAY"}, "weeks"),
        ({"months": 1, "day": 1, "weekday": "MONDAY"}, "weekday"),
        ({"weeks": 1, "weekday": "MONDAY", "day": 1}, "day"),
        *(
            ({"weeks": 1, "weekday": "MONDAY", "time": time}, "time")
            for time in (
                "25:00",
                "17",
                "1730",
                "T17:30",
                "17:30:00",
                "17:30+02:00",
                "9:30",
                "١٧:٣٠",
                "17:30\n",
                "",
            )
        ),
    ):
        refused = await client.try_("teamUpdate", team={"externalId": "platform"}, cadence=cadence)
        assert [(one["code"], one["path"]) for one in refused["errors"]] == [
            ("INVALID_INPUT", ["cadence", path])
        ]
    refused = await client.try_("organizationUpdate", holidayCalendar={"country": "Atlantis"})
    assert [one["path"] for one in refused["errors"]] == [["holidayCalendar", "country"]]
    kept = {"country": "DE", "subdivision": "BE", "days": [TODAY.isoformat()]}
    done = await client.do(
        "organizationUpdate",
        "organization { holidayCalendar { country subdivision days } }",
        holidayCalendar=kept,
    )
    assert done["organization"]["holidayCalendar"] == kept


async def test_the_number_of_statements_does_not_depend_on_the_number_of_nodes(
    client: Client, acme: Acme, monkeypatch
):
    await client.do("organizationUpdate", cadence=WEEKLY)
    statements: list[str] = []
    fetch = Snapshot.fetch

    async def counted(self: Snapshot, statement: str, *values: Any, **more: Any) -> Any:
        statements.append(statement)
        return await fetch(self, statement, *values, **more)

    monkeypatch.setattr(Snapshot, "fetch", counted)
    one = "{ keyResults(last: 1) { nodes { nextCheckInDueAt onTimeShare checkInSlots { state } } } }"
    await client.ask(one)
    few = len(statements)
    statements.clear()
    found = await client.ask(one.replace("last: 1", "last: 8"))
    assert len(found["keyResults"]["nodes"]) == 8
    assert all(len(node["checkInSlots"]) >= 8 for node in found["keyResults"]["nodes"])
    assert 3 < len(statements) == few


async def test_slots_of_many_nodes_are_too_many(client: Client, acme: Acme):
    await acme.fetch(
        "insert into key_result select made.* from key_result copied, generate_series(1, $2) number, "
        "jsonb_populate_record(copied, jsonb_build_object('id', gen_random_uuid(), 'external_id', null, "
        "'number', number)) made where copied.id = $1",
        acme.uptime, MAX_NODES_WITH_SLOTS,
    )  # fmt: skip
    asked = '{ objective(externalId: "never_down") { keyResults { onTimeShare } } }'
    answer = await client.answer(asked)
    assert re.search("at most 500 nodes", str(answer)), answer
