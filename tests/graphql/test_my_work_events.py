"""`myWorkChanged`: whom it tells which changes; that nobody misses one that moved what they owe."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.graphql import my_work_events
from okr_api.okr import work_concerns
from okr_api.pubsub import single_flight_cache
from okr_api.query_engine import work_concerns as lookups
from tests.acme import TODAY, Acme
from tests.graphql.cases import CASES, FIRST_READING
from tests.graphql.test_pushing import all_have_read
from tests.serving import PATIENCE_S, Client, Events, Server, Socket

PEOPLE = ("ann", "ben", "cem")
FOLLOWED = "subscription ($of: String, $after: Seq) { myWorkChanged(personExternalId: $of, after: $after) { seq cause { kind actor { name } } person { externalId } } }"
MINE = "subscription { myWorkChanged { seq cause { kind } person { externalId } } }"
ITEMS = "totalCount items { kind node { id } dueAt since why }"
WEEKLY = {"weeks": 1, "weekday": TODAY.strftime("%A").upper(), "time": "23:59"}
FIRST = ("checkInPublish", "checkInRetract", "objectiveUnalign")  # of what is edited later
REVIEWING = ("keyResultGrade", "objectiveGrade", "reviewRecord", "reviewRecordUpdate", "reviewRecordDelete")
LAST = ("cycleReview", "cycleClose", "cycleReopen")  # after which little else is possible


def place_of(mutation: str) -> tuple[int, str]:
    """Return the place of a mutation in a history in which as many as possible are applied."""
    if mutation in LAST:
        return 5, mutation
    if mutation in REVIEWING:
        return 2, mutation
    if mutation.endswith("Drop"):
        return 4, mutation
    ends = mutation.endswith(("Delete", "Remove", "Replace", "Archive"))
    return (0 if mutation in FIRST else 3 if ends else 1), mutation


def steps_of(name: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return the mutations of a case: those of reviews with the cycle in review, and active again afterwards."""
    case = CASES[name]
    closes = (("organizationUpdate", {"reviewRequired": False}),) if name == "cycleClose" else ()
    ends = (("cycleActivate", {"cycle": {"externalId": "quarter"}}),) if name in REVIEWING else ()
    return (*case.before, *closes, (name, case.input), *ends)


async def work_of_all(client: Client) -> Mapping[str, Any]:
    """Return what each person owes, as an admin sees it."""
    asked = (f'{name}: myWork(personExternalId: "{name}") {{ {ITEMS} }}' for name in PEOPLE)
    return await client.ask(f"{{ {' '.join(asked)} }}")


async def told(socket: Socket, acme: Acme, begun: int) -> dict[str, list[int]]:
    """Return the positions of which the followers of each person were told since a position."""
    end = await acme.seq()
    found: dict[str, list[int]] = {}
    for name in PEOPLE:
        events = await socket.subscribe(FOLLOWED, of=name, after=begun)
        page = [await events.next()]
        while page[-1]["seq"] < end:
            page.append(await events.next())
        assert all(event["person"] == {"externalId": name} for event in page)
        found[name] = [event["seq"] for event in page]
    return found


async def test_nobody_misses_a_change_that_moved_what_they_owe(client: Client, served: Server, acme: Acme):
    await client.do("organizationUpdate", cadence=WEEKLY, reviewRequired=True)
    await client.do(FIRST_READING[0], **FIRST_READING[1])
    begun, before = await acme.seq(), await work_of_all(client)
    moved: dict[str, list[int]] = {name: [] for name in PEOPLE}
    applied, refused = set(), []
    for name in sorted(CASES, key=place_of):
        for mutation, input in steps_of(name):
            if mutation in LAST and name not in (*LAST, *REVIEWING):
                continue
            payload = await client.try_(mutation, **input)
            if payload["errors"]:
                refused.append((name, mutation, payload["errors"][0]["message"]))
                continue
            applied.add(mutation)
            after = await work_of_all(client)
            for person in PEOPLE:
                if after[person] != before[person]:
                    moved[person].append(payload["seq"])
            before = after
    assert len(applied) > 0.9 * len(CASES), "\n".join(
        map(str, [one for one in refused if one[0] not in applied])
    )
    await client.do("organizationUpdate", cadence=None)  # concerns everybody, so that all have a last event
    async with served.socket(acme.token) as socket:
        events = await told(socket, acme, begun)
    for person in PEOPLE:
        assert len(moved[person]) >= 3
        assert set(moved[person]) <= set(events[person]), person
        assert len(events[person]) < 0.8 * (await acme.seq() - begun), person


TOLD = (
    ("roadblockCreate", {"on": {"objective": {"externalId": "never_down"}}, "title": "Wall", "owner": {"externalId": "ben"}, "externalId": "wall"}, {"ben"}),
    ("roadblockUpdate", {"roadblock": {"externalId": "wall"}, "owner": {"externalId": "cem"}}, {"ben", "cem"}),
    ("roadblockEscalate", {"roadblock": {"externalId": "wall"}, "to": {"externalId": "ann"}}, {"ann", "cem"}),
    ("roadblockResolve", {"roadblock": {"externalId": "wall"}}, {"ann", "cem"}),
    ("checkInRecord", {"keyResult": {"externalId": "uptime"}, "value": 99.9}, {"cem"}),
    ("absenceCreate", {"person": {"externalId": "cem"}, "startsOn": str(TODAY), "endsOn": str(TODAY), "delegate": {"externalId": "ben"}, "externalId": "ill"}, {"ben", "cem"}),
    ("checkInRecord", {"keyResult": {"externalId": "errors"}, "value": 0.5}, {"ben", "cem"}),
    ("absenceDelete", {"absence": {"externalId": "ill"}}, {"ben", "cem"}),
    ("checkInRecord", {"keyResult": {"externalId": "errors"}, "value": 0.4}, {"cem"}),
    ("commentCreate", {"on": {"keyResult": {"externalId": "macros"}}, "text": "Hm"}, {"ann"}),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "checkInOwner": {"externalId": "cem"}}, {"ben", "cem"}),
    ("personUpdate", {"person": {"externalId": "ben"}, "name": "Benjamin"}, set()),
    ("organizationUpdate", {"name": "Acme & Sons"}, set()),
    ("objectiveCreate", {"cycle": {"externalId": "quarter"}, "title": "Owned", "owner": {"externalId": "ben"}, "externalId": "owned"}, {"ben"}),
    ("organizationUpdate", {"reviewRequired": True}, set(PEOPLE)),
    ("cycleReview", {"cycle": {"externalId": "quarter"}}, set(PEOPLE)),
    ("reviewRecord", {"objective": {"externalId": "owned"}, "decision": "KEEP", "decisionReason": "Good", "rootCause": "OTHER", "externalId": "said"}, {"ben"}),
    ("reviewRecordDelete", {"reviewRecord": {"externalId": "said"}}, {"ben"}),
    ("organizationUpdate", {"cadence": WEEKLY}, set(PEOPLE)),
)  # fmt: skip


async def test_changes_are_told_to_those_whom_they_concern(client: Client, served: Server, acme: Acme):
    begun = await acme.seq()
    async with served.socket(acme.token) as socket:
        events = {name: await socket.follow(FOLLOWED, of=name) for name in PEOPLE}
        seqs = [(await client.do(mutation, **input))["seq"] for mutation, input, _ in TOLD]
        for place, (seq, (mutation, _, people)) in enumerate(zip(seqs, TOLD, strict=True)):
            found = {name for name in PEOPLE if name in people and (await events[name].next())["seq"] == seq}
            assert found == people, (place, mutation)
        again = await told(socket, acme, begun)
        assert not any(one.waiting() for one in events.values())
    expected = {
        name: [seq for seq, (_, _, people) in zip(seqs, TOLD, strict=True) if name in people]
        for name in PEOPLE
    }
    assert again == expected


async def clients_of(acme: Acme) -> dict[str, str]:
    """Return a token of each person."""
    organization_id = acme.organization.id
    return {
        name: await acme.tokens.create(organization_id, name=name, scopes=[Scope.ADMIN], person=name)
        for name in PEOPLE
    }


async def test_each_is_told_of_their_own_work_and_whom_a_change_concerns_is_looked_up_once(
    client: Client, served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    looked_up: list[int] = []
    found = lookups.people_concerned

    async def counted(snapshot: Any, changes: Any) -> Any:
        looked_up.extend(change["seq"] for change in changes)
        return await found(snapshot, changes)

    monkeypatch.setattr(my_work_events, "people_concerned", counted)
    monkeypatch.setattr(single_flight_cache, "CACHE_TTL_S", PATIENCE_S)  # however slow the machine is
    tokens = await clients_of(acme)
    async with AsyncExitStack() as stack:
        sockets = {name: await stack.enter_async_context(served.socket(tokens[name])) for name in PEOPLE}
        events: dict[str, list[Events]] = {
            name: [await socket.follow(MINE) for _ in range(5)] for name, socket in sockets.items()
        }
        looked_up.clear()
        seq = (await client.do(TOLD[0][0], **TOLD[0][1]))["seq"]
        await all_have_read(served, seq)
        last = (await client.do("organizationUpdate", cadence=WEEKLY))["seq"]
        for name in PEOPLE:
            expected = [seq, last] if name == "ben" else [last]
            for one in events[name]:
                page = await one.take(len(expected))
                assert [event["seq"] for event in page] == expected
                assert {event["person"]["externalId"] for event in page} == {name}
        await all_have_read(served, last)
        assert not any(one.waiting() for some in events.values() for one in some)
    assert sorted(looked_up) == [seq, last]


async def test_what_is_hidden_is_told_when_it_appears_and_when_it_disappears(
    client: Client, served: Server, acme: Acme
):
    tokens = await clients_of(acme)
    answer_fast = {"objective": {"externalId": "answer_fast"}}
    wall = {"on": answer_fast, "title": "Wall", "owner": {"externalId": "cem"}, "externalId": "wall"}
    cem = served.client(tokens["cem"])
    count = "{ myWork { totalCount } }"
    async with served.socket(tokens["cem"]) as socket:
        events = await socket.follow(MINE)
        raised = (await client.do("roadblockCreate", **wall))["seq"]
        assert (await events.next())["seq"] == raised
        hidden = (await client.do("objectiveUpdate", **answer_fast, visibility="PRIVATE"))["seq"]
        assert (await events.next())["seq"] == hidden
        assert await cem.one(count) == {"totalCount": 0}
        edited = (await client.do("roadblockUpdate", roadblock={"externalId": "wall"}, title="Fence"))["seq"]
        await all_have_read(served, edited)  # what is hidden is judged when it is read
        shown = (await client.do("objectiveUpdate", **answer_fast, visibility="ORGANIZATION"))["seq"]
        assert (await events.next())["seq"] == shown
        assert await cem.one(count) == {"totalCount": 1}


async def test_who_may_not_follow_is_told_why(served: Server, acme: Acme):
    tokens = await clients_of(acme)
    reads = acme.world.tokens[Scope.READ]
    async with served.socket(tokens["ben"]) as ben, served.socket(reads) as service:
        for socket, of, code, path in (
            (ben, "cem", "FORBIDDEN", ["personExternalId"]),
            (service, None, "INVALID_INPUT", ["personId"]),
            (service, "cem", "FORBIDDEN", ["personExternalId"]),
        ):
            problem = await (await socket.subscribe(FOLLOWED, of=of)).problem()
            assert (problem["code"], problem["path"]) == (code, path)
    async with served.socket(acme.token) as ann:
        problem = await (await ann.subscribe(FOLLOWED, of="nobody")).problem()
        assert (problem["code"], problem["path"]) == ("NOT_FOUND", ["personExternalId"])


async def test_a_change_of_very_many_nodes_concerns_everybody(
    client: Client, served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(work_concerns, "MAX_NODES_CONCERNED", 2)
    begun = await acme.seq()
    items = [{"keyResult": {"externalId": name}, "value": 1} for name in ("backlog", "macros")]
    seq = (await client.do("checkInRecordMany", items=items))["seq"]
    async with served.socket(acme.token) as socket:
        assert await told(socket, acme, begun) == {name: [seq] for name in PEOPLE}
