"""What people owe: everything on one list, and nothing that is done, hidden or of others."""

from collections.abc import AsyncIterator
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import ZONE, World
from tests.conftest import Server
from tests.handed_clock import HandedClock, acme_by_a_handed_clock, day, day_of, weekly

NODE = """
    __typename
    ... on KeyResult { externalId } ... on Objective { externalId } ... on Roadblock { externalId }
    ... on Initiative { externalId } ... on Decision { externalId } ... on Dependency { externalId }
    ... on CheckInDraft { externalId } ... on Comment { externalId }
"""
MY_WORK = f"""
    query ($of: String, $first: Int! = 100) {{
        myWork(personExternalId: $of, first: $first) {{
            person {{ externalId }} totalCount overdueCount
            items {{ kind node {{ {NODE} }} dueAt since why overdue }}
        }}
    }}
"""
CEM = {"externalId": "cem"}
BEN = {"externalId": "ben"}
NEVER_DOWN = {"objective": {"externalId": "never_down"}}
ANSWER_FAST = {"objective": {"externalId": "answer_fast"}}
BACKLOG = {"keyResult": {"externalId": "backlog"}}
Item = tuple[str, str, datetime | None, str, bool]


@pytest.fixture
async def played(
    server: Server, acme_template: tuple[str, World], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[HandedClock]:
    async with acme_by_a_handed_clock(server, acme_template, monkeypatch) as played:
        yield played


def end_of(number: int) -> datetime:
    """Return the end of the local day that is so many days after the first."""
    return datetime.combine(day_of(number + 1), time(0), ZoneInfo(ZONE))


def noon_of(number: int) -> datetime:
    """Return the local noon of the day that is so many days after the first."""
    return datetime.combine(day_of(number), time(12), ZoneInfo(ZONE))


def listed(work: Any) -> list[Item]:
    """Return the items without their nodes' types and since when they are owed."""
    return [
        (
            item["kind"],
            item["node"]["externalId"],
            item["dueAt"] and datetime.fromisoformat(item["dueAt"]),
            item["why"],
            item["overdue"],
        )
        for item in work["items"]
    ]


async def give_cem_work(played: HandedClock) -> None:
    """Let Cem owe one of everything, and add as much that he does not owe."""
    ann, bot, cem = [await played.client(name, Scope.ADMIN) for name in ("ann", "bot", "cem")]
    for name in ("uptime", "macros"):
        await ann.do("keyResultUpdate", keyResult={"externalId": name}, cadence=weekly())
    await ann.do("absenceCreate", person=BEN, startsOn=day(6), endsOn=day(8), delegate=CEM)
    for name, owner, due in (("wall", CEM, day(9)), ("fence", BEN, None), ("gate", CEM, day(2))):
        more = {"owner": owner, "dueOn": due, "externalId": name}
        await ann.do("roadblockCreate", on=NEVER_DOWN, title=name, **more)
    await ann.do("roadblockEscalate", roadblock={"externalId": "fence"}, to=CEM)
    await ann.do("roadblockResolve", roadblock={"externalId": "gate"})
    for name, state in (("work", "DOING"), ("done", "DONE"), ("given_up", "DROPPED")):
        more = {"owner": CEM, "dueOn": day(1), "state": state, "externalId": name, "for": NEVER_DOWN}
        await ann.do("initiativeCreate", title=name, **more)
    for name, owner in (("ask", CEM), ("asked", BEN)):
        more = {"owner": owner, "dueOn": day(20), "externalId": name, "about": ANSWER_FAST}
        await ann.do("decisionCreate", text=name, **more)
    for name, state in (("need", "AGREED"), ("gave", "DELIVERED")):
        more = {"owner": CEM, "neededBy": day(8), "state": state, "externalId": name}
        giving = {"needing": ANSWER_FAST, "givingTeam": {"externalId": "platform"}}
        await ann.do("dependencyCreate", description=name, **giving, **more)
    drafted = {"for": {"keyResult": {"externalId": "load"}}, "assignee": CEM, "value": 50}
    await bot.do("checkInDraftCreate", **drafted, externalId="draft")
    name = f"@[Cem]({encode_id(NodeType.PERSON, played.acme.cem)})"
    for on, said in ((ANSWER_FAST, "hey"), (BACKLOG, "answered"), (NEVER_DOWN, "liked")):
        await ann.do("commentCreate", on=on, text=f"{name}?", externalId=said)
    await cem.do("commentCreate", on=BACKLOG, text="Yes")
    await cem.do("reactionAdd", on={"comment": {"externalId": "liked"}}, emoji="👍")


EARLY: list[Item] = [
    ("INITIATIVE", "work", end_of(1), "Finish the initiative, as its owner", True),
    ("CHECK_IN", "macros", noon_of(7), "Check in for Ben, who is absent", True),
    ("CHECK_IN", "uptime", noon_of(7), "Check in: it is due", True),
    ("DEPENDENCY", "need", end_of(8), "Deliver what another team needs, as the owner on the giving side", False),
    ("ROADBLOCK", "wall", end_of(9), "Resolve the roadblock, as its owner", False),
    ("DECISION", "ask", end_of(20), "Carry out the decision, as its owner", False),
    ("CHECK_IN_DRAFT", "draft", None, "Publish the check-in that bot has drafted", False),
    ("ROADBLOCK", "fence", None, "Resolve the roadblock, which was escalated", False),
    ("MENTION", "hey", None, "Answer Ann, who wrote a mention", False),
]  # fmt: skip


async def test_everything_that_somebody_owes_is_on_one_list(played: HandedClock):
    await give_cem_work(played)
    cem, at = await played.client("cem"), await played.to(7)
    work = await cem.one(MY_WORK)
    assert work["person"] == CEM
    assert sorted(listed(work), key=str) == sorted(EARLY, key=str)
    assert listed(work)[:6] == sorted(EARLY[:6], key=lambda item: (item[2], item[1]))
    assert (work["totalCount"], work["overdueCount"]) == (9, 3)
    del at
