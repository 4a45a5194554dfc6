"""The agenda of a check-in meeting: each section with what belongs into it and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.check_in_agenda import AgendaSectionKind
from tests.acme import World
from tests.conftest import Server
from tests.handed_clock import HandedClock, acme_by_a_handed_clock, day, weekly

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
