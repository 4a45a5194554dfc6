"""The clock over the API: turns reach subscribers, with the visibility of their nodes, and pages agree."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.entity import NodeType
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.query_engine.global_ids import encode_id
from okr_api.services import organization
from okr_api.services.absences import add_absence
from okr_api.services.clock.ticker import tick
from okr_api.services.references import Ref
from okr_api.store.database import Database
from tests.acme import TODAY, Acme, World
from tests.conftest import Server
from tests.moving_clock import NOON, after, with_moving_clock
from tests.restricting import restrict
from tests.serving import Server as Serving
from tests.serving import serving

CLOCK = "kind at dueAt actor { kind name person { id } }"
CHANGE = f"seq {CLOCK} nodeId nodeType node {{ id }} fields summary deltas {{ nodeId statusBefore statusAfter progressBefore progressAfter node {{ id }} }}"
CHANGES = f"subscription ($after: Seq) {{ changes(after: $after) {{ {CHANGE} }} }}"
PROGRESS = """
    subscription ($id: ID!) {
      progressChanged(objectiveId: $id) { seq at dueAt cause { kind actor { kind } } deltas { nodeId statusBefore statusAfter } }
    }
"""
PAGE = f"query ($after: Seq!) {{ changes(after: $after) {{ nodes {{ {CHANGE} }} endSeq }} }}"
OF_TYPE = (
    "query ($after: Seq!) { changes(after: $after, filter: { nodeTypes: [KEY_RESULT] }) { nodes { seq } } }"
)
TURNED = "query ($node: ID!) { changes(after: 0, filter: { kinds: [STATUS_TURNED], nodeId: $node }) { nodes { seq } } }"
TOLD = "seq change { seq kind nodeId node { id } summary deltas { nodeId } }"

DUE = ("CHECK_IN_DUE", "CHECK_IN_LATE", "CHECK_IN_MISSED")
OWED = f"""
    query ($after: Seq!, $person: ID!) {{
      changes(after: $after, filter: {{ kinds: [{", ".join(DUE)}], nodeId: $person }}) {{ nodes {{ nodeId }} }}
    }}
"""


@dataclass
class Timed:
    """Acme with a clock that stands still, behind a server."""

    acme: Acme
    server: Serving

    def id(self, name: str) -> str:
        """Return the global id of an objective or a key result of Acme."""
        node_type = (
            NodeType.OBJECTIVE
            if name in ("answer_fast", "never_down", "customers_stay")
            else NodeType.KEY_RESULT
        )
        return encode_id(node_type, getattr(self.acme, name))

    async def token(self, person: str) -> str:
        return await self.acme.tokens.create(
            self.acme.organization.id, name=person, scopes=[Scope.ADMIN], person=person
        )


@pytest.fixture
async def timed(server: Server, acme_template: tuple[str, World]) -> AsyncIterator[Timed]:
    name, world = acme_template
    async with (
        with_moving_clock(server, name) as url,
        Database.open(url) as database,
        ChangeNotifier.running(database) as wakeups,
        serving(url) as running,
    ):
        yield Timed(Acme(database, wakeups, world), running)


async def test_a_subscriber_is_told_of_a_status_that_turned_and_need_not_poll(timed: Timed):
    acme = timed.acme
    await acme.check_in("macros", 5)
    await tick(acme.database)
    async with timed.server.socket(acme.token) as socket:
        events = await socket.follow(PROGRESS, id=timed.id("answer_fast"))
        await after(acme.database, days=10)
        await tick(acme.database)
        event: Any = {"deltas": []}
        while timed.id("macros") not in [delta["nodeId"] for delta in event["deltas"]]:
            event = await events.next()
    assert event["cause"] == {"kind": "STATUS_TURNED", "actor": {"kind": "CLOCK"}}
    assert NOON < datetime.fromisoformat(event["dueAt"]) <= NOON + timedelta(days=10)
    assert datetime.fromisoformat(event["at"]) == NOON + timedelta(days=10)
    [delta] = [each for each in event["deltas"] if each["nodeId"] == timed.id("macros")]
    assert delta["statusBefore"] == "ON_TRACK"


async def test_turns_are_visible_as_their_nodes_are_and_pages_say_what_was_sent(timed: Timed):
    acme = timed.acme
    await acme.check_in("macros", 9)
    await acme.check_in("rollout", milestones_done=("plan", "pilot"))
    await restrict(acme, "clear_backlog", acme.ben)
    await restrict(acme, "never_down", acme.cem)
    await tick(acme.database)
    begin = await acme.seq()
    await after(acme.database, days=10)
    await tick(acme.database)
    await acme.person("Dana")  # an event that everybody gets, and the last one
    seen, named = {}, {}
    for person in ("ann", "ben", "cem"):
        token = await timed.token(person)
        async with timed.server.socket(token) as socket:
            events = await socket.subscribe(CHANGES, after=begin)
            sent = [await events.next()]
            while sent[-1]["kind"] != "PERSON_CREATED":
                sent.append(await events.next())
        client = timed.server.client(token)
        page = (await client.ask(PAGE, after=begin))["changes"]
        assert page == {"nodes": sent, "endSeq": await acme.seq()}
        turned = [(each["dueAt"], delta["nodeId"]) for each in sent for delta in each["deltas"]]
        seen[person] = set(turned)
        named[person] = {each["dueAt"]: each["nodeId"] for each in sent[:-1]}
        for each in sent[:-1]:
            assert each["actor"] == {"kind": "CLOCK", "name": "Clock", "person": None}
            assert each["fields"] == []
            assert each["deltas"]
            first = each["deltas"][0]
            assert (each["nodeId"], each["node"]) == (first["nodeId"], {"id": first["nodeId"]})
            status = first["statusAfter"].replace("_", " ").lower()
            assert f"' is now {status} by time alone" in each["summary"]
            assert all(delta["progressBefore"] == delta["progressAfter"] for delta in each["deltas"])
        listed = (await client.ask(TURNED, node=timed.id("rollout")))["changes"]["nodes"]
        assert bool(listed) == (person != "ben")
        listed = (await client.ask(OF_TYPE, after=begin))["changes"]["nodes"]
        assert [each["seq"] for each in listed] == [each["seq"] for each in sent[:-1]]
    parts = {
        "ben": {timed.id(name) for name in ("backlog", "macros")},
        "cem": {timed.id(name) for name in ("uptime", "errors", "load", "failover", "rollout", "latency")},
    }
    for person, other in (("ben", "cem"), ("cem", "ben")):
        assert seen[person] == {(at, node) for at, node in seen["ann"] if node not in parts[other]}
    macros, rollout = timed.id("macros"), timed.id("rollout")
    [at_once] = [at for at, node in named["ann"].items() if node == macros]
    assert {person: nodes[at_once] for person, nodes in named.items()} == {
        "ann": macros, "ben": macros, "cem": rollout
    }, "of one change the first that each sees"  # fmt: skip


async def test_a_notification_names_the_followed_one_of_the_nodes_that_turned_at_once(timed: Timed):
    acme = timed.acme
    await acme.check_in("macros", 9)
    await acme.check_in("rollout", milestones_done=("plan", "pilot"))
    await tick(acme.database)
    begin = await acme.seq()
    token = await timed.token("cem")
    client = timed.server.client(token)
    await client.do("follow", on={"keyResult": {"externalId": "rollout"}})
    async with timed.server.socket(token) as socket:
        events = await socket.follow(f"subscription {{ notificationReceived {{ {TOLD} }} }}")
        await after(acme.database, days=10)
        await tick(acme.database)
        page = await client.one(f"{{ viewer {{ notifications(first: 50) {{ nodes {{ {TOLD} }} }} }} }}")
        listed = [each for each in page["notifications"]["nodes"][::-1] if each["seq"] > begin]
        assert await events.take(len(listed)) == listed
    feed = (await client.ask(PAGE, after=begin))["changes"]["nodes"]
    first = {each["seq"]: each["nodeId"] for each in feed}
    rollout = timed.id("rollout")
    turned = [each["change"] for each in listed if each["change"]["kind"] == "STATUS_TURNED"]
    [with_macros] = [each for each in turned if first[each["seq"]] == timed.id("macros")]
    assert (with_macros["nodeId"], with_macros["node"]) == (rollout, {"id": rollout})
    assert with_macros["summary"].startswith("The key result 'Rollout' is now ")
    for each in turned:
        assert each["nodeId"] in [delta["nodeId"] for delta in each["deltas"]]


async def test_ends_of_cycles_are_told_with_the_cycle(timed: Timed):
    acme = timed.acme
    await tick(acme.database)
    begin = await acme.seq()
    await after(acme.database, days=70)
    await tick(acme.database)
    found = await timed.server.client(acme.token).ask(
        f"query ($after: Seq!) {{ changes(after: $after, filter: {{ kinds: [CYCLE_BEGUN, CYCLE_ENDED], nodeTypes: [CYCLE] }}) "
        f"{{ nodes {{ {CLOCK} deltas {{ nodeId }} node {{ ... on Cycle {{ externalId state }} }} }} }} }}",
        after=begin,
    )
    [ended] = found["changes"]["nodes"]
    assert (ended["kind"], ended["node"]) == ("CYCLE_ENDED", {"externalId": "quarter", "state": "ACTIVE"})
    assert datetime.fromisoformat(ended["dueAt"]) < datetime.fromisoformat(ended["at"])


MISSED = """
    query ($since: DateTime!, $until: DateTime!) {
      digest(scope: { organization: true }, since: $since, until: $until) {
        people { totalCount }
        missedCheckIns { totalCount nodes { summary dueAt node { ... on KeyResult { externalId } } } }
      }
    }
"""


async def test_check_ins_that_are_due_are_visible_as_their_nodes_are(timed: Timed):
    acme = timed.acme
    day = TODAY + timedelta(days=3)
    cadence = Cadence(weeks=1, weekday=list(Weekday)[day.weekday()])
    await acme.done(organization.edit_organization, edits={"cadence": cadence}, scope=Scope.ADMIN)
    await acme.done(add_absence, person=acme.cem, starts_on=day, ends_on=day, delegate=Ref(acme.ben))
    await restrict(acme, "never_down", acme.cem)
    await tick(acme.database)
    since = await after(acme.database, minutes=1)
    begin = await acme.seq()
    await after(acme.database, days=8)
    await tick(acme.database)
    await acme.person("Dana")
    hidden = {timed.id(name) for name in ("uptime", "errors", "load", "failover", "rollout", "latency")}
    seen: dict[str, list[tuple[str, str]]] = {}
    for person in ("ann", "ben", "cem"):
        token = await timed.token(person)
        async with timed.server.socket(token) as socket:
            events = await socket.subscribe(CHANGES, after=begin)
            sent = [await events.next()]
            while sent[-1]["kind"] != "PERSON_CREATED":
                sent.append(await events.next())
        client = timed.server.client(token)
        assert (await client.ask(PAGE, after=begin))["changes"]["nodes"] == sent
        seen[person] = [(each["kind"], each["nodeId"]) for each in sent if each["kind"] in DUE]
        assert all(each["deltas"] == [] for each in sent if each["kind"] in DUE)
        owed = await client.ask(OWED, after=begin, person=encode_id(NodeType.PERSON, acme.ben))
        of_ben = [each["nodeId"] for each in owed["changes"]["nodes"]]
        assert timed.id("macros") in of_ben  # whose objective is Ben's
        assert hidden.isdisjoint(of_ben) == (person == "ben")  # as Cem's delegate
        digest = await client.one(
            MISSED, since=since.isoformat(), until=(since + timedelta(days=9)).isoformat()
        )
        missed = [(kind, id) for kind, id in seen[person] if kind == "CHECK_IN_MISSED"]
        assert digest["missedCheckIns"]["totalCount"] == len(missed) > 0
        [summary] = [
            one["summary"]
            for one in digest["missedCheckIns"]["nodes"]
            if one["node"]["externalId"] == "macros"
        ]
        assert summary == "A check-in on the key result 'Macros' was missed"
        assert digest["people"]["totalCount"] == 1  # who created Dana
    assert seen["ann"] == seen["cem"]
    assert seen["ben"] == [one for one in seen["ann"] if one[1] not in hidden]
    assert {kind for kind, id in seen["ann"] if id in hidden} == {"CHECK_IN_DUE"}  # they are excused


NOTIFIED = "query { viewer { notifications(filter: { reasons: [DUE] }) { nodes { seq change { kind nodeId dueAt actor { kind } } } } } }"
RECEIVED = (
    "subscription ($after: Seq) { notificationReceived(after: $after) { seq reason change { kind nodeId } } }"
)


async def test_who_owes_a_check_in_is_notified_that_it_is_due_late_and_missed(timed: Timed):
    acme = timed.acme
    day = TODAY + timedelta(days=3)
    cadence = Cadence(weeks=1, weekday=list(Weekday)[day.weekday()])
    await acme.done(organization.edit_organization, edits={"cadence": cadence}, scope=Scope.ADMIN)
    await acme.done(add_absence, person=acme.cem, starts_on=day, ends_on=day, delegate=Ref(acme.ben))
    await restrict(acme, "never_down", acme.cem)
    await tick(acme.database)
    begin = await acme.seq()
    await after(acme.database, days=8)
    await tick(acme.database)
    owed: dict[str, list[tuple[str, str]]] = {}
    for person in ("ben", "cem"):
        token = await timed.token(person)
        page = (await timed.server.client(token).one(NOTIFIED))["notifications"]["nodes"]
        assert all(one["change"]["actor"]["kind"] == "CLOCK" for one in page)
        owed[person] = [(one["change"]["kind"], one["change"]["nodeId"]) for one in page]
        async with timed.server.socket(token) as socket:
            events = await socket.subscribe(RECEIVED, after=begin)
            sent = [one for one in await events.take(len(page)) if one["reason"] == "DUE"]
        assert [one["seq"] for one in sent] == [one["seq"] for one in page][::-1][: len(sent)]
    assert set(owed["ben"]) == {(kind, timed.id(name)) for kind in DUE for name in ("macros", "backlog")}
    assert owed["cem"] == [], "their delegate owes it, who does not see it: nobody is told"
