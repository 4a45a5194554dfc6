"""Subscription groups: one execution of an event for all members, sent after the mutation's response."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.graphql import subscription_groups
from okr_api.graphql.schema import schema
from okr_api.graphql.subscription_executor import SubscriptionExecutor, positions_in
from okr_api.graphql.subscription_groups import SubscriptionGroup
from okr_api.okr.entity import NodeType
from okr_api.pubsub import response_barrier
from okr_api.pubsub.current_request import PendingRequest
from okr_api.query_engine.global_ids import encode_id
from okr_api.transport.websocket_route import WebSocketRoute
from tests.acme import Acme
from tests.graphql.viewers import Viewers
from tests.serving import PATIENCE_S, Events, Server, Socket, serving

PROGRESS = "subscription S1($o: ID, $a: Seq) { progressChanged(objectiveId: $o, after: $a) { seq deltas { nodeId progressAfter } } }"

AGAIN = """
    insert into change select (jsonb_populate_record(change, jsonb_build_object('seq', head.seq + 1))).*
    from change, feed_head head where node_id = $1 order by change.seq limit 1
"""


@pytest.fixture
async def served(acme: Acme, acme_url: str) -> AsyncIterator[Server]:
    """Serve Acme with the compiled executor, which groups subscribers, whatever other tests use."""
    async with serving(acme_url, compiled=True) as running:
        yield running


def groups(served: Server) -> list[SubscriptionGroup]:
    """Return all groups of the server."""
    assert isinstance(served.sockets, WebSocketRoute)
    return list(served.sockets.executors.subscription_groups.groups.values())


async def joined(served: Server, socket: Socket, count: int) -> list[SubscriptionGroup]:
    """Wait until the groups have this many members in total; return the groups."""
    async with asyncio.timeout(PATIENCE_S):
        while sum(len(group.members) for group in groups(served)) != count:
            await socket.ping()
    return groups(served)


def fallbacks(served: Server) -> dict[str, int]:
    """Return the number of fallbacks of groups to graphql-core, by reason."""
    assert isinstance(served.sockets, WebSocketRoute)
    return dict(served.sockets.executors.subscription_groups.fallbacks)


async def test_fifty_who_follow_the_same_cost_one_execution_for_each_change(served: Server, acme: Acme):
    followed = encode_id(NodeType.OBJECTIVE, acme.customers_stay)
    async with served.socket(acme.token) as one, served.socket(acme.token) as other:
        events = [await socket.subscribe(PROGRESS, o=followed) for socket in (one, other) for _ in range(25)]
        events.append(await other.subscribe(PROGRESS, o=followed, a=await acme.seq()))
        [group] = await joined(served, one, 51)
        for value in range(1, 4):
            await acme.check_in("macros", value)
        told = [await one.take(3) for one in events]
        assert all(one == told[0] for one in told)
        assert [len(event["deltas"]) for event in told[0]] == [4, 4, 4]
        assert group.question.executions == 3
        assert not group.question.fallbacks
    assert fallbacks(served) == {}


async def test_following_many_scopes_costs_no_statement_for_each(served: Server, acme: Acme):
    ids = [await acme.objective(f"Another {number}") for number in range(60)]
    assert served.app_services
    async with served.socket(acme.token) as socket, served.socket(acme.world.tokens[Scope.READ]) as reader:
        for id in ids:
            await socket.subscribe(PROGRESS, o=encode_id(NodeType.OBJECTIVE, id))
            await reader.subscribe(PROGRESS, o=encode_id(NodeType.OBJECTIVE, id))
        theirs = await socket.subscribe(PROGRESS, o=encode_id(NodeType.OBJECTIVE, acme.customers_stay))
        await joined(served, socket, 121)
        made = served.app_services.shared.made
        await acme.check_in("macros", 1)
        assert len((await theirs.next())["deltas"]) == 4
        seq = await acme.seq()
        async with asyncio.timeout(PATIENCE_S):
            while any(group.position < seq for group in groups(served)):
                await socket.ping()
        assert served.app_services.shared.made - made == 3  # two for scopes, one for what the reader sees


async def test_what_differs_or_is_seen_differently_is_no_group_of_theirs(served: Server, acme: Acme):
    reads = acme.world.tokens[Scope.READ]
    async with served.socket(acme.token) as ann, served.socket(reads) as reader:
        for socket in (ann, reader):
            for query in ("subscription { changes { seq } }", "subscription { changes { seq at } }"):
                await socket.subscribe(query)
            for objective in (acme.customers_stay, acme.answer_fast):
                await socket.subscribe(PROGRESS, o=encode_id(NodeType.OBJECTIVE, objective))
        assert len(await joined(served, ann, 8)) == 8


async def test_without_members_nothing_is_followed(served: Server, acme: Acme):
    async with served.socket(acme.token) as socket:
        first = await socket.subscribe("subscription { changes { seq } }")
        await socket.subscribe("subscription { changes { seq } }")
        [group] = await joined(served, socket, 2)
        await socket.complete(first)
        await joined(served, socket, 1)
        assert group.task
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.wait([group.task])
    assert group.task.cancelled()
    assert groups(served) == []


@pytest.mark.parametrize(
    ("text", "name", "positions"),
    (
        ("subscription ($a: Seq) { changes(after: $a) { seq } }", None, {"a"}),
        ("subscription ($a: Seq = 7) { progressChanged(after: $a, cycleId: 1) { seq } }", None, {"a"}),
        ("subscription ($f: ChangeFilter) { changes(after: 7, filter: $f) { seq } }", None, set()),
        ("subscription { ... on Subscription { changes(after: 7) { seq } } }", None, set()),
        (
            "subscription A($a: Seq) { changes(after: $a) { seq } } subscription B($a: Seq) { changes(after: $a) { at } }",
            "A",
            set(),
        ),
    ),
)
def test_the_position_alone_may_differ_among_those_who_share(
    text: str, name: str | None, positions: set[str]
):
    assert positions_in(SubscriptionExecutor(schema, on=True).documents.operation(text, name)) == positions


async def test_whoever_joins_while_others_are_told_misses_nothing_and_hears_nothing_twice(
    served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    # Delivery takes as many event-loop iterations as possible.
    monkeypatch.setattr(subscription_groups, "DELIVERY_BATCH_SIZE", 1)
    begun = await acme.seq()
    last = begun + 40
    followers: list[tuple[int, Events]] = []

    async def follow(socket: Socket, after: int) -> None:
        query = "subscription ($a: Seq) { changes(after: $a) { seq } }"
        followers.append((after, await socket.subscribe(query, a=after)))

    async with served.socket(acme.token) as socket, served.socket(acme.token) as other:
        for seq in range(begun, last):
            joining = (follow(socket, seq), follow(other, seq), follow(other, begun))
            working = asyncio.create_task(acme.check_in("macros", seq))
            for one in joining[seq % 2 :]:
                await one
                await socket.ping()
            for one in joining[: seq % 2]:
                one.close()
            await working
        for after, events in followers:
            heard = await events.take(last - after)
            assert [event["seq"] for event in heard] == list(range(after + 1, last + 1))
        await socket.ping()
        await other.ping()
        assert all(events.waiting() == 0 for _, events in followers)
        assert len(groups(served)) == 1


async def test_whoever_changes_something_is_answered_before_those_who_look_on(served: Server, acme: Acme):
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe("subscription { changes { seq } }")
        await joined(served, socket, 1)
        for value in range(1, 6):
            await socket.connection.send(
                json.dumps(
                    {
                        "id": events.id + "m",
                        "type": "subscribe",
                        "payload": {
                            "query": "mutation ($v: Float!) { checkInRecord(input: "
                            '{keyResult: {externalId: "macros"}, value: $v}) { seq } }',
                            "variables": {"v": value},
                        },
                    }
                )
            )
            order: list[str] = []
            socket._subscriptions[events.id + "m"] = answers = type(events)(events.id + "m")
            answers.queue = events.queue  # one queue for both, to record the order
            for _ in range(3):
                message = await events.message()
                order.append(f"{message['type']} {message['id'] == events.id}")
            assert order[0] == "next False"
            assert sorted(order) == ["complete False", "next False", "next True"]


async def test_nobody_is_told_while_the_request_is_not_answered(
    served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(response_barrier, "RESPONSE_TIMEOUT_S", PATIENCE_S)
    assert served.app_services
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe("subscription { changes { seq } }")
        [group] = await joined(served, socket, 1)
        here = Acme(served.app_services.database, served.app_services.feed.notifier, acme.world)
        with PendingRequest():
            await here.check_in("macros", 1)
            while group.question.executions < 1:
                await socket.ping()
            await socket.ping()
            assert events.waiting() == 0
        assert (await events.next())["seq"] == await acme.seq()


async def test_a_request_without_an_answer_holds_nobody_up_for_long(
    served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(response_barrier, "RESPONSE_TIMEOUT_S", 0.01)
    assert served.app_services
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe("subscription { changes { seq } }")
        await joined(served, socket, 1)
        here = Acme(served.app_services.database, served.app_services.feed.notifier, acme.world)
        with PendingRequest():
            await here.check_in("macros", 1)
            assert (await events.next())["seq"] == await acme.seq()


async def test_requests_without_an_answer_are_waited_for_once_however_much_they_change(
    served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(response_barrier, "RESPONSE_TIMEOUT_S", 0.5)
    assert served.app_services
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe("subscription { changes { seq } }")
        await joined(served, socket, 1)
        here = Acme(served.app_services.database, served.app_services.feed.notifier, acme.world)
        begun = monotonic()
        with ExitStack() as requests:
            for value in range(60):
                if value % 20 == 0:
                    requests.enter_context(PendingRequest())
                await here.check_in("macros", value % 10)
            await events.take(60)
        assert monotonic() - begun < 60 * 0.5 / 2


async def test_an_event_with_an_error_is_graphql_cores_own_and_those_after_it_are_compiled_again(
    served: Server, acme: Acme
):
    """Remove an objective's cycle from the database, which results in null for a non-null field."""
    query = "subscription { changes { seq node { ... on Objective { title cycle { name } } } } }"
    async with served.socket(acme.token) as socket, served.socket(acme.token) as other:
        events = [await one.subscribe(query) for one in (socket, other)]
        [group] = await joined(served, socket, 2)
        await acme.fetch("alter table objective drop constraint cycle_id_inside")
        for lost in (True, False):
            cycle = UUID(int=1) if lost else acme.quarter
            await acme.fetch("update objective set cycle_id = $1 where id = $2", cycle, acme.answer_fast)
            await acme.fetch(AGAIN, acme.answer_fast)
            await acme.fetch("update feed_head set seq = seq + 1")
            told = [(await one.message())["payload"] for one in events]
            assert told[0] == told[1]
            errors = told[0].pop("errors", [])
            node = None if lost else {"title": "Answer fast", "cycle": {"name": "Quarter"}}
            seq = await acme.seq()
            assert told[0] == {"data": {"changes": {"seq": seq, "node": node}}, "extensions": {"seq": seq}}
            assert [(e["path"], e["extensions"]["code"]) for e in errors] == (
                [(["changes", "node", "cycle"], "INTERNAL")] if lost else []
            )
            assert dict(group.question.fallbacks) == {"FallbackRequired": 1}
            assert group.question.executions == (1 if lost else 2)


async def test_a_fault_while_following_is_told_to_all_masked_and_ends_it(served: Server, acme: Acme):
    async with served.socket(acme.token) as socket, served.socket(acme.token) as other:
        events = [await one.subscribe("subscription { changes { seq } }") for one in (socket, other)]
        await joined(served, socket, 2)
        await acme.fetch("alter table change rename column kind to secret")
        await acme.fetch("alter table change add column kind text")
        await acme.fetch("alter table change rename to elsewhere")
        await acme.fetch("update feed_head set seq = seq + 1")
        for one in events:
            last = await one.message()
            assert last["type"] == "error"
            assert [error["extensions"]["code"] for error in last["payload"]] == ["INTERNAL"]
        assert groups(served) == []
        assert await (await socket.subscribe("{ seq }")).next() == await acme.seq()


async def test_members_share_executions_until_something_is_restricted(served: Server, acme: Acme):
    viewers = await Viewers.join(acme, served)
    ann, fast = viewers.clients["ann"], {"externalId": "answer_fast"}
    query = "subscription { changes { seq visibilityChanges { nodeId node { __typename } } } }"
    async with AsyncExitStack() as sockets:
        opened = [
            await sockets.enter_async_context(served.socket(viewers.tokens[name]))
            for name in ("ben", "cem", "dana", "dana", "bot")
        ]
        events = [await socket.subscribe(query) for socket in opened]
        [group] = await joined(served, opened[0], len(events))
        executed: list[int] = []
        hidden: list[list[bool]] = []
        for mutation, input in (
            ("checkInRecord", {"keyResult": {"externalId": "macros"}, "value": 1}),
            ("objectiveUpdate", {"objective": fast, "visibility": "PRIVATE"}),
            ("checkInRecord", {"keyResult": {"externalId": "macros"}, "value": 2}),
            ("objectiveUpdate", {"objective": fast, "visibility": "ORGANIZATION"}),
            ("checkInRecord", {"keyResult": {"externalId": "macros"}, "value": 3}),
        ):
            before = group.question.executions
            await ann.do(mutation, **input)
            told = [await one.next() for one in events]
            hidden.append([one["visibilityChanges"] != [] for one in told])
            executed.append(group.question.executions - before)
    assert executed == [1, 4, 4, 4, 1], "where they differ, once for each of three people and for the service"
    nobody, most = [False] * 5, [False, True, True, True, True]
    assert hidden == [nobody, most, nobody, most, nobody]


async def test_drafts_of_check_ins_are_pushed_to_whom_they_are_shown(served: Server, acme: Acme):
    viewers = await Viewers.join(acme, served)
    bot, ben = viewers.clients["bot"], viewers.clients["ben"]
    of, draft = {"keyResult": {"externalId": "macros"}}, {"externalId": "draft"}
    changes = "subscription { changes { seq kind nodeId } }"
    drafts = "subscription { changes { seq deltas { node { ... on KeyResult { checkInDrafts(first: 5) { nodes { id } } } } } } }"
    counts = {"ben": 3, "cem": 1, "dana": 1, "auditor": 3}
    async with AsyncExitStack() as sockets:
        opened = {
            name: await sockets.enter_async_context(served.socket(viewers.tokens[name])) for name in counts
        }
        pushed = {name: await socket.subscribe(changes) for name, socket in opened.items()}
        listed = {name: await socket.subscribe(drafts) for name, socket in opened.items()}
        await joined(served, opened["ben"], 2 * len(counts))
        since = await acme.seq()
        await bot.do("checkInDraftCreate", **{"for": of}, assignee={"externalId": "ben"}, value=5, **draft)
        await bot.do("checkInDraftUpdate", checkInDraft=draft, value=6)
        await bot.do("checkInRecord", **of, value=3)
        shown: dict[str, bool] = {}
        for name, events in listed.items():
            parts = [one for event in await events.take(counts[name]) for one in event["deltas"]]
            shown[name] = any(one["node"].get("checkInDrafts", {}).get("nodes") for one in parts)
        await ben.do("checkInPublish", checkInDraft=draft)
        seen: dict[str, list[int]] = {}
        for name, client in ((name, viewers.clients[name]) for name in counts):
            asked = f"{{ changes(after: {since}) {{ nodes {{ seq kind nodeId }} }} }}"
            nodes = (await client.ask(asked))["changes"]["nodes"]
            assert await pushed[name].take(len(nodes)) == nodes
            seen[name] = [one["seq"] - since for one in nodes]
    assert seen == {"ben": [1, 2, 3, 4], "cem": [3, 4], "dana": [3, 4], "auditor": [1, 2, 3, 4]}
    assert shown == {"ben": True, "cem": False, "dana": False, "auditor": True}
    activity = """query ($at: DateTime) {
      keyResult(externalId: "macros", asOf: $at) { activity(first: 20) { nodes { kind } } }
    }"""
    for name, client in ((name, viewers.clients[name]) for name in ("ben", "cem", "dana")):
        for at in (None, datetime.now(UTC).isoformat()):  # of the past as of the present
            nodes = (await client.ask(activity, at=at))["keyResult"]["activity"]["nodes"]
            assert (name == "ben") is ("CHECK_IN_DRAFT_CREATED" in [one["kind"] for one in nodes]), (name, at)
