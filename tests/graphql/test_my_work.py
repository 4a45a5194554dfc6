"""What people owe: everything on one list, and nothing that is done, hidden or of others."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.okr.my_work import MAX_WORK_ITEMS
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.my_work import MAX_NODES_OWED
from tests.acme import ZONE, World
from tests.conftest import Server
from tests.handed_clock import HandedClock, acme_by_a_handed_clock, day, day_of, end_of, weekly
from tests.moving_clock import NOON
from tests.restricting import restrict

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
    more: dict[str, Any]
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
    ("MENTION", "hey", None, "Answer Ann, who mentioned you", False),
]  # fmt: skip


async def test_a_delegate_owes_what_they_may_check_in_on_while_the_absence_lasts(played: HandedClock):
    ann, cem = await played.client("ann", Scope.ADMIN), await played.client("cem")
    await ann.do("organizationUpdate", editing="RESPONSIBLE")
    macros = {"keyResult": {"externalId": "macros"}}
    await ann.do("keyResultUpdate", **macros, cadence=weekly())
    await ann.do("absenceCreate", person=BEN, startsOn=day(6), endsOn=day(8), delegate=CEM)
    refused = [("FORBIDDEN", ["keyResult", "externalId"])]
    asked = '{ keyResult(externalId: "macros") { viewerCan { checkIn } } }'
    for now, owes in ((5, False), (7, True), (9, False)):  # the slot of day 7 is open on each of them
        await played.to(now)
        items = [item for item in listed(await cem.one(MY_WORK)) if item[0] == "CHECK_IN"]
        assert [item[1] for item in items] == ["macros"] * owes, now
        assert await cem.one(asked) == {"viewerCan": {"checkIn": owes}}, now
        if not owes:
            assert await cem.refused("checkInRecord", **macros, note="Hm") == refused


async def test_everything_that_somebody_owes_is_on_one_list(played: HandedClock):
    await give_cem_work(played)
    cem, ben = [await played.client(name) for name in ("cem", "ben")]
    before = await cem.one(MY_WORK)
    assert [item["kind"] for item in before["items"]] == [kind for kind, *_ in EARLY if kind != "CHECK_IN"]
    await played.to(7)
    work = await cem.one(MY_WORK)
    assert work["person"] == CEM
    assert sorted(listed(work), key=str) == sorted(EARLY, key=str)
    assert [item[2] for item in listed(work)] == [item[2] for item in EARLY]
    assert (work["totalCount"], work["overdueCount"]) == (9, 3)
    since = {item["node"]["externalId"]: datetime.fromisoformat(item["since"]) for item in work["items"]}
    opened = noon_of(7) - (noon_of(7) - noon_of(0)) / 2
    assert since == dict.fromkeys(since, NOON) | {"uptime": opened, "macros": opened}
    some = await cem.one(MY_WORK, first=2)
    assert (some["items"], some["totalCount"]) == (work["items"][:2], 9)
    assert await (await played.client("ann", Scope.ADMIN)).one(MY_WORK, of="cem") == work
    assert [item[1] for item in listed(await ben.one(MY_WORK))] == ["asked", "fence"]


async def test_what_is_done_leaves_the_list_and_what_is_given_away_is_owed_by_another(played: HandedClock):
    await give_cem_work(played)
    cem, ann = [await played.client(name) for name in ("cem", "ann")]
    await played.to(7)
    await ann.do("roadblockEscalate", roadblock={"externalId": "fence"}, to=None)
    await ann.do("roadblockUpdate", roadblock={"externalId": "wall"}, owner={"externalId": "ann"})
    await ann.do("roadblockUpdate", roadblock={"externalId": "wall"}, owner=CEM)
    await ann.do("initiativeUpdate", initiative={"externalId": "work"}, state="DONE")
    await ann.do("decisionDelete", decision={"externalId": "ask"})
    await ann.do("dependencyUpdate", dependency={"externalId": "need"}, owner=BEN)
    await cem.do("checkInPublish", checkInDraft={"externalId": "draft"})
    await (await played.client("ben")).do("checkInRecord", keyResult={"externalId": "macros"}, value=1)
    await ann.do("commentUpdate", comment={"externalId": "hey"}, text="Never mind")
    work = await cem.one(MY_WORK)
    assert [(item["kind"], item["node"]["externalId"]) for item in work["items"]] == [
        ("CHECK_IN", "uptime"),
        ("ROADBLOCK", "wall"),
    ]
    assert datetime.fromisoformat(work["items"][1]["since"]) == NOON + timedelta(days=7)
    await played.to(8.5)
    [late, _] = (await cem.one(MY_WORK))["items"]
    assert (late["why"], late["overdue"]) == ("Check in: it is late, and still possible", True)
    await ann.do("objectiveDrop", objective=NEVER_DOWN["objective"], reason="Enough")
    assert (await cem.one(MY_WORK))["items"] == []
    await ann.do("objectiveRestore", objective=NEVER_DOWN["objective"])
    await played.to(10.2)
    assert [item["kind"] for item in (await cem.one(MY_WORK))["items"]] == ["ROADBLOCK"]


async def test_a_review_is_owed_while_it_is_required_and_missing(played: HandedClock):
    cem, ann = await played.client("cem"), await played.client("ann", Scope.ADMIN)
    quarter = {"cycle": {"externalId": "quarter"}}
    for name, owner in (("first", CEM), ("second", CEM), ("other", BEN)):
        await ann.do("objectiveCreate", **quarter, title=name, owner=owner, externalId=name)
    await ann.do("objectiveCreate", **quarter, title="draft", owner=CEM, draft=True)

    async def owed() -> list[Item]:
        return [item for item in listed(await cem.one(MY_WORK)) if item[0] == "REVIEW"]

    await ann.do("organizationUpdate", reviewRequired=True)
    assert await owed() == []  # the cycle is still active
    await played.to(1)
    await ann.do("cycleReview", **quarter)
    why = "Review the objective, as its owner: its cycle cannot be closed without"
    assert await owed() == [("REVIEW", name, None, why, False) for name in ("never_down", "first", "second")]
    [since, *_] = [item["since"] for item in (await cem.one(MY_WORK))["items"] if item["kind"] == "REVIEW"]
    assert datetime.fromisoformat(since) == NOON + timedelta(days=1)
    said = {"decision": "KEEP", "decisionReason": "It went on", "rootCause": "OTHER"}
    await ann.do("reviewRecord", objective={"externalId": "first"}, **said, externalId="said")
    for hidden in ("second", "never_down"):
        await restrict(played.acme, hidden, played.acme.ben)
    assert await owed() == []
    await ann.do("reviewRecordDelete", reviewRecord={"externalId": "said"})
    assert [item[1] for item in await owed()] == ["first"]
    await ann.do("organizationUpdate", reviewRequired=False)
    assert await owed() == []


async def test_what_is_hidden_is_not_on_the_list_and_admins_see_it(played: HandedClock):
    await give_cem_work(played)
    cem, ann = await played.client("cem"), await played.client("ann", Scope.ADMIN)
    await played.to(7)
    everything = listed(await ann.one(MY_WORK, of="cem"))
    await restrict(played.acme, "answer_fast", played.acme.ben)
    found = await cem.one(MY_WORK)
    assert (found["totalCount"], found["overdueCount"]) == (6, 3)
    assert {item[1] for item in everything} - {item[1] for item in listed(found)} == {"ask", "need", "hey"}
    assert listed(await ann.one(MY_WORK, of="cem")) == everything
    await restrict(played.acme, "clear_backlog", played.acme.ben)
    assert "macros" not in str(await cem.one(MY_WORK))


async def test_only_admins_ask_for_others_and_services_name_somebody(played: HandedClock):
    ben, bot = await played.client("ben"), await played.client("bot")
    assert (await ben.one(MY_WORK, of="ben"))["person"] == BEN
    for of in ("cem", "nobody"):
        problem = await ben.problem(MY_WORK, of=of)
        assert (problem["code"], problem["path"]) == ("FORBIDDEN", ["personExternalId"])
    problem = await bot.problem(MY_WORK)
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["personId"])
    admin = await played.client("auditor", Scope.ADMIN)
    assert await admin.one(MY_WORK, of="nobody") is None
    assert (await admin.one(MY_WORK, of="cem"))["items"] == []
    both = '{ myWork(personId: "per_1", personExternalId: "cem") { totalCount } }'
    assert (await admin.problem(both))["path"] == ["personId"]
    for first in (0, MAX_WORK_ITEMS + 1):
        assert (await ben.problem(MY_WORK, first=first))["path"] == ["first"]


async def test_somebody_who_owes_too_many_check_ins_is_told(played: HandedClock):
    ann = await played.client("ann", Scope.ADMIN)
    await ann.do("teamUpdate", team={"externalId": "platform"}, cadence=weekly())
    await played.acme.fetch(
        "insert into key_result select made.* from key_result copied, generate_series(1, $2) number, "
        "jsonb_populate_record(copied, jsonb_build_object('id', gen_random_uuid(), 'external_id', null, "
        "'number', number)) made where copied.id = $1",
        played.acme.uptime,
        MAX_NODES_OWED,
    )
    problem = await (await played.client("cem")).problem(MY_WORK)
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["personId"])


async def test_of_each_kind_the_first_are_listed_and_all_are_counted(played: HandedClock):
    cem = await played.client("cem")
    await cem.do("roadblockCreate", on=NEVER_DOWN, title="Wall", owner=CEM, dueOn=day(-1))
    for table in ("roadblock", "roadblock_version"):
        await played.acme.fetch(
            f"insert into {table} select made.* from {table} copied, generate_series(1, $1) number, "
            "jsonb_populate_record(copied, jsonb_build_object('id', md5(number::text)::uuid)) made",
            MAX_WORK_ITEMS,
        )
    work = await cem.one(MY_WORK, first=MAX_WORK_ITEMS)
    assert len(work["items"]) == MAX_WORK_ITEMS
    assert (work["totalCount"], work["overdueCount"]) == (MAX_WORK_ITEMS + 1, MAX_WORK_ITEMS + 1)
