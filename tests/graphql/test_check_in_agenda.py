"""The agenda of a check-in meeting: each section with what belongs into it and nothing else."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.check_in_agenda import MAX_AGENDA_DAYS, MAX_AGENDA_ITEMS, AgendaSectionKind
from okr_api.query_engine.check_in_agenda import MAX_AGENDA_NODES, MAX_AGENDA_RECORDS
from tests.acme import ZONE, World
from tests.conftest import Server
from tests.handed_clock import HandedClock, acme_by_a_handed_clock, day, day_of, end_of, weekly
from tests.moving_clock import NOON
from tests.restricting import restrict

NODE = """
    __typename
    ... on KeyResult { externalId } ... on Objective { externalId } ... on Roadblock { externalId }
    ... on Decision { externalId } ... on Dependency { externalId }
"""
AGENDA = f"""
    query ($team: String = "platform", $cycle: String, $at: DateTime) {{
        checkInAgenda(teamExternalId: $team, cycleExternalId: $cycle, at: $at) {{
            team {{ externalId }} cycle {{ externalId }} at lastMeeting {{ externalId }}
            sections {{ kind totalCount items {{ node {{ {NODE} }} why since dueAt }} }}
        }}
    }}
"""
NEVER_DOWN, PLATFORM, CEM = {"externalId": "never_down"}, {"externalId": "platform"}, {"externalId": "cem"}
ANSWER_FAST = {"externalId": "answer_fast"}
Item = tuple[str, str]


@pytest.fixture
async def played(
    server: Server, acme_template: tuple[str, World], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[HandedClock]:
    async with acme_by_a_handed_clock(server, acme_template, monkeypatch) as played:
        yield played


def listed(agenda: Any) -> dict[str, list[Item]]:
    """Return the sections that are not empty: of each item the node and why."""
    assert [section["kind"] for section in agenda["sections"]] == list(AgendaSectionKind)
    assert all(section["totalCount"] == len(section["items"]) for section in agenda["sections"])
    return {
        section["kind"]: [(item["node"]["externalId"], item["why"]) for item in section["items"]]
        for section in agenda["sections"]
        if section["items"]
    }


def kr(name: str) -> dict[str, Any]:
    return {"keyResult": {"externalId": name}}


async def play(played: HandedClock) -> None:
    """Let the platform team live two weeks: check-ins and a meeting on day 0, and what comes until day 14."""
    ann = await played.client("ann", Scope.ADMIN)
    for name in ("latency", "errors"):
        await ann.do("keyResultUpdate", **kr(name), cadence=weekly())
    await ann.do("checkInRecord", **kr("latency"), value=350)
    await ann.do("checkInRecord", **kr("uptime"), value=99.95, confidence=0.9, status="ON_TRACK")
    await ann.do("checkInRecord", objective=NEVER_DOWN, confidence=0.7, status="ON_TRACK")
    await ann.do("checkInRecord", **kr("rollout"), milestonesDone=["plan"])
    await played.to(0.1)
    decisions: list[dict[str, Any]] = [
        {"text": "Buy", "owner": CEM, "dueOn": day(10), "externalId": "buy"},
        {"text": "Wait", "about": {"objective": NEVER_DOWN}, "externalId": "wait"},
        {"text": "Over", "state": "DONE", "externalId": "over"},
    ]
    await ann.do("meetingRecord", team=PLATFORM, cycle={"externalId": "quarter"}, decisions=decisions, externalId="first")  # fmt: skip
    on: Any
    for name, on, more in (
        ("no_spares", kr("errors"), {"owner": CEM, "dueOn": day(20)}),
        ("no_time", {"objective": NEVER_DOWN}, {}),
        ("solved", kr("load"), {}),
    ):
        await ann.do("roadblockCreate", on=on, title=name, externalId=name, **more)
    await ann.do("roadblockResolve", roadblock={"externalId": "solved"})
    for name, needing, team, by in (
        ("mails", NEVER_DOWN, "support", 20),
        ("later", NEVER_DOWN, "support", 60),
        ("hotline", ANSWER_FAST, "platform", 13),
    ):
        need = {"needing": {"objective": needing}, "givingTeam": {"externalId": team}, "neededBy": day(by)}
        await ann.do("dependencyCreate", description=name, externalId=name, **need)
    await played.to(7)
    await ann.do("checkInRecord", **kr("latency"), value=350)
    await ann.do("checkInRecord", **kr("uptime"), value=99.95, confidence=0.45, status="AT_RISK")
    await ann.do("checkInRecord", **kr("rollout"), milestonesDone=["plan", "pilot", "everywhere"])
    await played.to(14.5)


EXPECTED = {
    "OPEN_DECISIONS": [
        ("buy", f"Decided on {day(0)} and still open, to be done by {day(10)}"),
        ("wait", f"Decided on {day(0)} and still open"),
    ],
    "CHECK_INS_DUE": [
        ("errors", f"A check-in was due on {day(14)}; Cem owes it"),
        ("latency", f"A check-in was due on {day(14)}; Cem owes it"),
    ],
    "DROPPED": [("uptime", "Confidence fell from 90 % to 45 % and the reported status went from on track to at risk")],
    "STUCK": [("latency", "Unchanged at 350 ms through the last 2 check-ins that were due")],
    "BLOCKED": [("no_spares", "Blocked: Cem sees to it"), ("no_time", "Blocked: Ann sees to it")],
    "DIVERGENT": [("uptime", "Reported at risk, on track by its numbers")],
    "DEPENDENCIES_DUE": [
        ("hotline", f"Was to be given by {day(13)}"),
        ("mails", f"Needed from Support by {day(20)}"),
    ],
    "WON": [("rollout", "Reached its target")],
}  # fmt: skip


async def test_every_section_has_what_belongs_into_it(played: HandedClock):
    await play(played)
    agenda = await (await played.client("cem")).one(AGENDA)
    assert listed(agenda) == EXPECTED


async def test_items_say_since_when_and_until_when(played: HandedClock):
    await play(played)
    agenda = await (await played.client("cem")).one(AGENDA)
    assert (agenda["team"], agenda["cycle"], agenda["lastMeeting"]) == (
        PLATFORM,
        None,
        {"externalId": "first"},
    )
    assert datetime.fromisoformat(agenda["at"]) == NOON + timedelta(days=14.5)
    begun, met, last = NOON, NOON + timedelta(days=0.1), NOON + timedelta(days=7)
    noon = datetime.combine(day_of(14), time(12), ZoneInfo(ZONE))
    opened = noon - (noon - datetime.combine(day_of(7), time(12), ZoneInfo(ZONE))) / 2
    found = {
        item["node"]["externalId"]: (datetime.fromisoformat(item["since"]), item["dueAt"] and datetime.fromisoformat(item["dueAt"]))
        for section in agenda["sections"]
        for item in section["items"]
        if section["kind"] not in ("STUCK", "DIVERGENT")
    }  # fmt: skip
    assert found == {
        "buy": (met, end_of(10)),
        "wait": (met, None),
        "errors": (opened, noon),
        "latency": (opened, noon),
        "uptime": (last, None),
        "no_spares": (met, end_of(20)),
        "no_time": (met, None),
        "hotline": (met, end_of(13)),
        "mails": (met, end_of(20)),
        "rollout": (last, None),
    }
    [stuck, divergent] = [
        section["items"][0] for section in agenda["sections"] if section["kind"] in ("STUCK", "DIVERGENT")
    ]
    assert (datetime.fromisoformat(stuck["since"]), stuck["dueAt"]) == (begun, None)
    assert datetime.fromisoformat(divergent["since"]) >= last


async def test_a_meeting_begins_anew_and_an_agenda_can_be_of_another_instant_and_of_one_cycle(
    played: HandedClock,
):
    await play(played)
    ann = await played.client("ann", Scope.ADMIN)
    earlier = await ann.one(AGENDA, at=(NOON + timedelta(days=5)).isoformat())
    assert listed(earlier) == {
        name: EXPECTED[name] for name in ("OPEN_DECISIONS", "BLOCKED", "DIVERGENT")
    } | {
        "CHECK_INS_DUE": [(name, f"A check-in is due on {day(7)}; Cem owes it") for name in ("errors", "latency")],
        "DEPENDENCIES_DUE": [("hotline", f"To be given by {day(13)}")],
    }  # fmt: skip
    assert listed(await ann.one(AGENDA, cycle="quarter")) == EXPECTED
    assert listed(await ann.one(AGENDA, cycle="year")) == {
        "DEPENDENCIES_DUE": EXPECTED["DEPENDENCIES_DUE"][:1]
    }
    held = {"team": PLATFORM, "cycle": {"externalId": "quarter"}}
    await ann.do("meetingRecord", **held, externalId="second")
    await ann.do("decisionUpdate", decision={"externalId": "buy"}, state="DONE")
    await ann.do("checkInRecord", **kr("errors"), value=0.5)
    await played.to(14.6)
    agenda = await ann.one(AGENDA)
    assert agenda["lastMeeting"] == {"externalId": "second"}
    assert listed(agenda) == {name: items for name, items in EXPECTED.items() if name not in ("DROPPED", "WON")} | {
        "OPEN_DECISIONS": EXPECTED["OPEN_DECISIONS"][1:],
        "CHECK_INS_DUE": EXPECTED["CHECK_INS_DUE"][1:],
    }  # fmt: skip
    await ann.do("meetingDelete", meeting={"externalId": "second"})
    assert (await ann.one(AGENDA))["lastMeeting"] == {"externalId": "first"}
    await played.to(17.2)
    missed = listed(await ann.one(AGENDA))["CHECK_INS_DUE"]
    assert missed == [("latency", f"The check-in that was due on {day(14)} was missed; Cem owes it")]
    await ann.do(
        "absenceCreate", person=CEM, startsOn=day(21), endsOn=day(21), delegate={"externalId": "ben"}
    )
    await played.to(21)
    assert listed(await ann.one(AGENDA))["CHECK_INS_DUE"] == [
        (name, f"A check-in was due on {day(21)}; Ben owes it, as Cem is absent") for name in ("errors", "latency")
    ]  # fmt: skip


async def test_what_is_hidden_is_not_on_the_agenda(played: HandedClock):
    await play(played)
    cem, ben = await played.client("cem"), await played.client("ben")
    assert await ben.one(AGENDA) == await cem.one(AGENDA)
    await restrict(played.acme, "never_down", played.acme.cem)
    assert listed(await cem.one(AGENDA)) == EXPECTED
    assert listed(await ben.one(AGENDA)) == {
        "OPEN_DECISIONS": EXPECTED["OPEN_DECISIONS"][:1],
        "DEPENDENCIES_DUE": EXPECTED["DEPENDENCIES_DUE"][:1],
    }
    await restrict(played.acme, "answer_fast", played.acme.ben)
    assert listed(await cem.one(AGENDA)) == EXPECTED | {"DEPENDENCIES_DUE": EXPECTED["DEPENDENCIES_DUE"][1:]}


async def test_arguments_name_what_there_is(played: HandedClock):
    ann = await played.client("ann", Scope.ADMIN)
    assert await ann.one(AGENDA, team="nobody") is None
    assert await ann.one(AGENDA, cycle="never") is None
    for arguments, path in (
        ("", ["teamId"]),
        ('(teamId: "tea_1", teamExternalId: "platform")', ["teamId"]),
        ('(teamExternalId: "platform", cycleId: "cyc_1", cycleExternalId: "year")', ["cycleId"]),
    ):
        problem = await ann.problem(f"{{ checkInAgenda{arguments} {{ at }} }}")
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", path)
    for days in (-MAX_AGENDA_DAYS, MAX_AGENDA_DAYS):
        at = NOON + timedelta(days=days)
        assert datetime.fromisoformat((await ann.one(AGENDA, at=at.isoformat()))["at"]) == at
        beyond = at + timedelta(seconds=1 if days > 0 else -1)
        assert (await ann.problem(AGENDA, at=beyond.isoformat()))["path"] == ["at"]


async def test_a_section_lists_50_and_an_agenda_has_1000_nodes(played: HandedClock):
    ann = await played.client("ann", Scope.ADMIN)
    await ann.do("roadblockCreate", on={"objective": NEVER_DOWN}, title="Wall")
    for table, count in (("roadblock", MAX_AGENDA_RECORDS), ("roadblock_version", MAX_AGENDA_RECORDS)):
        await played.acme.fetch(
            f"insert into {table} select made.* from {table} copied, generate_series(1, $1) number, "
            "jsonb_populate_record(copied, jsonb_build_object('id', md5(number::text)::uuid)) made",
            count,
        )
    [blocked] = [one for one in (await ann.one(AGENDA))["sections"] if one["kind"] == "BLOCKED"]
    assert (len(blocked["items"]), blocked["totalCount"]) == (MAX_AGENDA_ITEMS, MAX_AGENDA_RECORDS)
    await played.acme.fetch(
        "insert into key_result select made.* from key_result copied, generate_series(1, $2) number, "
        "jsonb_populate_record(copied, jsonb_build_object('id', gen_random_uuid(), 'external_id', null, "
        "'number', number)) made where copied.id = $1",
        played.acme.uptime,
        MAX_AGENDA_NODES,
    )
    problem = await ann.problem(AGENDA)
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["cycleId"])
