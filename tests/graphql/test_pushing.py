"""Subscriptions deliver every change once and in order, with the values of a fresh read."""

import asyncio
import json
from collections.abc import Set
from typing import Any
from uuid import UUID

import pytest
import websockets

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme, days_ago
from tests.graphql.cases import CASES, set_the_stage
from tests.serving import PATIENCE_S, Client, Events, Server, mutations

# All stored fields of the types, without those that depend on the clock or on other rows, such as when it turns
# a status next.
OBJECTIVE = """
    id externalId title description kind state owner { id } contributors { id } team { id } cycle { id } version
    priorities { id } standsAloneReason
    progress progressReason progressSource effectiveProgressSource coverage confidence lowestConfidence score scoreFloor scoreIsPartial
    importedScore band status derivedStatus parents { kind weight parent { ... on Node { id } } }
"""
KEY_RESULT = """
    id externalId title description objective { id } owner { id } state measure unit startValue targetValue lowerBound
    upperBound commitValue stretchValue milestones { key name weight dueOn done } currentValue weight dueOn version
    rawProgress progress progressReason coverage withinLimit withinLimitShare confidence score importedScore band status
    reportedStatus derivedStatus divergent latestCheckIn { id }
"""
PRIORITY = (
    "id externalId title description owner { id } rank startsOn endsOn state version createdAt updatedAt"
)
NODE = f"""
    ... on Objective {{ __typename o: id {OBJECTIVE} keyResults {{ {KEY_RESULT} }} }}
    ... on KeyResult {{ __typename k: id }}
"""
DELTA = "nodeId progressBefore progressAfter statusBefore statusAfter"
MOVED = f"seq deltas {{ {DELTA} }}"


# What is shown or not by the state of the cycle alone; a client reads it again after these changes.
SHOWN_IN_REVIEW = ("score", "scoreFloor", "scoreIsPartial", "band")
TURNING_SCORES = ("CYCLE_REVIEW_BEGUN", "CYCLE_ACTIVATED")
# Changes that make drafts, which have no deltas; a client reads the cycle again after these.
MAKING_DRAFTS = ("CYCLE_ROLLED_OVER",)


class Copy:
    """A client's copy of all objectives, key results and priorities, updated from events."""

    def __init__(self) -> None:
        self.nodes: dict[str, Any] = {}
        self.has_scores = True
        self.lacks_drafts = False

    async def read(self, client: Client) -> int:
        """Read all of them; return the feed position of the result."""
        data = await client.ask(
            f"{{ seq objectives(first: 100) {{ nodes {{ {OBJECTIVE} }} }} "
            f"keyResults(first: 100) {{ nodes {{ {KEY_RESULT} }} }} "
            f"priorities(first: 100) {{ nodes {{ {PRIORITY} }} }} }}"
        )
        kinds = ("objectives", "keyResults", "priorities")
        self.nodes = {node["id"]: node for kind in kinds for node in data[kind]["nodes"]}
        seq: int = data["seq"]
        return seq

    def apply(self, event: Any) -> None:
        """Replace known nodes by those of an event; what it names and does not have was deleted."""
        self.has_scores &= event["kind"] not in TURNING_SCORES
        self.lacks_drafts |= event["kind"] in MAKING_DRAFTS
        if event["priority"]:
            self.nodes[event["priority"]["id"]] = event["priority"]
        elif event["nodeType"] == "PRIORITY":
            self.nodes.pop(event["nodeId"], None)
        for said in (event, *event["deltas"]):
            for whole in (said["objective"], said["keyResult"]):
                if whole:
                    for key_result in whole.pop("keyResults", ()):
                        self.nodes[key_result["id"]] = key_result
                    self.nodes[whole["id"]] = whole

    def forget_drafts(self, but: Set[str]) -> None:
        """Remove the drafts that are not among these ids, with their key results; nothing else."""
        drafts = {id for id, node in self.nodes.items() if node.get("state") == "DRAFT" and id not in but}
        self.nodes = {
            id: node
            for id, node in self.nodes.items()
            if id not in drafts and (node.get("objective") or {}).get("id") not in drafts
        }


# Aliases of one node, because the types have fields of the same name and different types.
SEEN = f"""
    objective: node {{ ... on Objective {{ {OBJECTIVE} keyResults {{ {KEY_RESULT} }} }} }}
    keyResult: node {{ ... on KeyResult {{ {KEY_RESULT} }} }}
"""
SEEN_PRIORITY = f"nodeId nodeType priority: node {{ ... on Priority {{ {PRIORITY} }} }}"
FOLLOWED = f"subscription ($after: Seq) {{ changes(after: $after) {{ seq kind {SEEN} {SEEN_PRIORITY} deltas {{ {DELTA} {SEEN} }} }} }}"


async def until(events: Events, seq: int) -> list[Any]:
    """Receive events up to a feed position."""
    found = [await events.next()]
    while found[-1]["seq"] < seq:
        found.append(await events.next())
    return found


async def all_have_read(served: Server, seq: int) -> None:
    """Wait until all subscription groups have passed a feed position, including those without an event."""
    assert served.sockets
    client = served.client(None)
    async with asyncio.timeout(PATIENCE_S):
        while any(
            group.position < seq for group in served.sockets.executors.subscription_groups.groups.values()
        ):
            await client.http.get("/health/live")


@pytest.mark.parametrize("mutation", mutations())
async def test_an_old_copy_with_what_is_pushed_equals_a_fresh_read(
    mutation: str, client: Client, reader: Client, served: Server, acme: Acme
):
    case = CASES[mutation]
    await set_the_stage(acme, client, case)
    askers = {acme.token: client, acme.world.tokens[Scope.READ]: reader}
    copies = {token: Copy() for token in askers}
    begun = {token: await copies[token].read(askers[token]) for token in askers}
    async with served.socket(acme.token) as socket, served.socket(acme.world.tokens[Scope.READ]) as other:
        events = {
            token: await one.subscribe(FOLLOWED, after=begun[token])
            for token, one in zip(askers, (socket, other), strict=True)
        }
        seq = (await client.do(mutation, **case.input))["seq"]
        for token, copy in copies.items():
            for event in await until(events[token], seq):
                copy.apply(event)
    for token, copy in copies.items():
        fresh = Copy()
        await fresh.read(askers[token])
        if copy.lacks_drafts:
            fresh.forget_drafts(but=copy.nodes.keys())
        if not copy.has_scores:
            for node in (*copy.nodes.values(), *fresh.nodes.values()):
                for name in SHOWN_IN_REVIEW:
                    node.pop(name, None)
        assert copy.nodes == fresh.nodes


async def test_a_key_result_that_moves_into_a_draft_is_told_by_what_it_leaves(
    client: Client, reader: Client, served: Server, acme: Acme
):
    await set_the_stage(acme, client, CASES["objectivePublish"])
    copy, fresh = Copy(), Copy()
    begun = await copy.read(reader)
    async with served.socket(acme.world.tokens[Scope.READ]) as socket:
        events = await socket.subscribe(FOLLOWED, after=begun)
        moved = await client.do(
            "keyResultMove", keyResult={"externalId": "macros"}, objective={"externalId": "perhaps"}
        )
        [event] = await until(events, moved["seq"])
    macros = encode_id(NodeType.KEY_RESULT, acme.macros)
    assert macros not in [delta["nodeId"] for delta in event["deltas"]]
    copy.apply(event)
    await fresh.read(reader)
    assert copy.nodes.pop(macros)
    assert copy.nodes == fresh.nodes
    page = await reader.one("query ($s: Seq!) { changes(after: $s) { nodes { seq } } }", s=begun)
    assert page == {"nodes": [{"seq": moved["seq"]}]}


async def test_a_check_in_is_one_event_from_the_key_result_to_the_last_ancestor(
    client: Client, served: Server, acme: Acme
):
    async with served.socket(acme.token) as socket:
        events = await socket.follow(
            f"subscription ($id: ID) {{ progressChanged(objectiveId: $id) {{ seq at cause {{ kind actor {{ name }} "
            f"checkIns {{ value note }} }} deltas {{ {DELTA} node {{ ... on Objective {{ progress }} "
            "... on KeyResult { progress currentValue } } } } }",
            id=encode_id(NodeType.OBJECTIVE, acme.customers_stay),
        )
        done = await client.do(
            "checkInRecord", "checkIn { recordedAt }", keyResult={"externalId": "macros"}, value=5, note="Up"
        )
        event = await events.next()
        assert event["seq"] == done["seq"]
        assert event["at"] == done["checkIn"]["recordedAt"]
        assert event["cause"] == {
            "kind": "CHECK_IN_RECORDED",
            "actor": {"name": "Ann"},
            "checkIns": [{"value": 5.0, "note": "Up"}],
        }
        assert named(acme, event) == [
            ("macros", None, 0.5),
            ("clear_backlog", 0.0, 0.25),
            ("answer_fast", 0.0, 0.25),
            ("customers_stay", 0.0, 0.0625),
        ]
        assert [delta["node"]["progress"] for delta in event["deltas"]] == [0.5, 0.25, 0.25, 0.0625]
        assert events.waiting() == 0


def named(acme: Acme, event: Any) -> list[tuple[str, float | None, float | None]]:
    """Return the deltas of an event with names in place of ids."""
    names = {id.hex: name for id, name in acme.world.names.items()}
    return [(names[d["nodeId"][4:]], d["progressBefore"], d["progressAfter"]) for d in event["deltas"]]


async def test_a_reading_back_dated_behind_the_current_one_moves_no_progress(
    client: Client, served: Server, acme: Acme
):
    await acme.check_in("macros", 5, effective_at=days_ago(1))
    async with served.socket(acme.token) as socket:
        events = await socket.follow(f"subscription {{ changes {{ {MOVED} }} }}")
        older = await client.do(
            "checkInRecord", keyResult={"externalId": "macros"}, value=9, effectiveAt=days_ago(2).isoformat()
        )
        event = await events.next()
        assert event["seq"] == older["seq"]
        assert all(delta["progressBefore"] == delta["progressAfter"] for delta in event["deltas"])
        assert (await client.one('{ keyResult(externalId: "macros") { currentValue } }'))[
            "currentValue"
        ] == 5.0


async def test_a_move_is_one_event_with_old_and_new_ancestors(client: Client, served: Server, acme: Acme):
    await acme.check_in("macros", 10)
    await acme.objective("Elsewhere", external_id="elsewhere")
    async with served.socket(acme.token) as socket:
        events = await socket.follow(f"subscription {{ changes {{ {MOVED} }} }}")
        await client.do(
            "objectiveMove",
            objective={"externalId": "clear_backlog"},
            parent={"objective": {"externalId": "elsewhere"}},
        )
        event = await events.next()
        elsewhere = await client.one('{ objective(externalId: "elsewhere") { id } }')
        moved = {
            delta["nodeId"]: (delta["progressBefore"], delta["progressAfter"]) for delta in event["deltas"]
        }
        assert moved.pop(elsewhere["id"]) == (None, 0.5)
        ids = [encode_id(NodeType.OBJECTIVE, id) for id in (acme.answer_fast, acme.customers_stay)]
        assert moved == {ids[0]: (0.5, None), ids[1]: (0.125, 0.0)}


async def test_a_scope_lets_through_only_what_lies_in_it(client: Client, served: Server, acme: Acme):
    ask = f"subscription ($o: ID, $c: ID) {{ progressChanged(objectiveId: $o, cycleId: $c) {{ {MOVED} }} }}"
    async with served.socket(acme.token) as socket:
        beneath = await socket.follow(ask, o=encode_id(NodeType.OBJECTIVE, acme.answer_fast))
        beside = await socket.follow(ask, o=encode_id(NodeType.OBJECTIVE, acme.never_down))
        year = await socket.follow(ask, c=encode_id(NodeType.CYCLE, acme.year))
        await acme.check_in("macros", 5)
        assert [name for name, *_ in named(acme, await beneath.next())] == [
            "macros",
            "clear_backlog",
            "answer_fast",
        ]
        assert [name for name, *_ in named(acme, await year.next())] == ["customers_stay"]
        await acme.check_in("uptime", 100)
        assert [name for name, *_ in named(acme, await beside.next())] == ["uptime", "never_down"]
        await year.next()
        assert (beneath.waiting(), beside.waiting(), year.waiting()) == (0, 0, 0)


async def test_after_a_cut_connection_each_missed_change_comes_once_and_in_order(served: Server, acme: Acme):
    query = "subscription ($after: Seq) { changes(after: $after) { seq } }"
    seen: list[int] = []
    begun = await acme.seq()
    for _ in range(3):
        async with served.socket(acme.token) as socket:
            events = await socket.subscribe(query, after=seen[-1] if seen else begun)
            for value in range(4):
                await acme.check_in("macros", value)
            seen += [event["seq"] for event in await events.take(3)]
            socket.kill()
        await acme.check_in("macros", 9)
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(query, after=seen[-1])
        last = await acme.seq()
        seen += [event["seq"] for event in await until(events, last)]
    assert seen == list(range(begun + 1, last + 1))


async def test_many_missed_changes_come_in_order(served: Server, acme: Acme):
    begun = await acme.seq()
    await asyncio.gather(*(acme.check_in("macros", value % 10) for value in range(350)))
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe("subscription ($a: Seq) { changes(after: $a) { seq } }", a=begun)
        assert [event["seq"] for event in await events.take(350)] == list(range(begun + 1, begun + 351))


async def test_a_cursor_beyond_the_end_is_refused(client: Client, served: Server, acme: Acme):
    ahead = await acme.seq() + 1
    problem = await client.problem("query ($a: Seq!) { changes(after: $a) { endSeq } }", a=ahead)
    assert problem["code"] == "CURSOR_AHEAD"
    async with served.socket(acme.token) as socket:
        year = encode_id(NodeType.CYCLE, acme.year)
        for query in ("changes(after: $a)", f'progressChanged(after: $a, cycleId: "{year}")'):
            events = await socket.subscribe(f"subscription ($a: Seq!) {{ {query} {{ seq }} }}", a=ahead)
            assert (await events.problem())["code"] == "CURSOR_AHEAD"


async def test_a_cursor_that_is_too_old_is_refused_and_told_where_the_feed_begins(
    client: Client, served: Server, acme: Acme
):
    await acme.fetch("delete from change where seq < 10")
    await acme.fetch("update feed_head set oldest_seq = 10")
    query = "changes(after: $a) { seq }"
    async with served.socket(acme.token) as socket:
        for after in (0, 8):
            problem = await client.problem("query ($a: Seq!) { changes(after: $a) { endSeq } }", a=after)
            assert (problem["code"], problem["oldestSeq"]) == ("CURSOR_EXPIRED", 10)
            events = await socket.subscribe(f"subscription ($a: Seq!) {{ {query} }}", a=after)
            problem = await events.problem()
            assert (problem["code"], problem["oldestSeq"]) == ("CURSOR_EXPIRED", 10)
        events = await socket.subscribe(f"subscription ($a: Seq!) {{ {query} }}", a=9)
        assert (await events.next())["seq"] == 10
    page = await client.one("{ changes(after: 9, first: 1) { nodes { seq } } }")
    assert page == {"nodes": [{"seq": 10}]}


async def test_while_others_move_an_empty_event_moves_the_cursor(served: Server, acme: Acme):
    assert served.app_services
    served.app_services.feed.quiet_s = 0.0
    async with served.socket(acme.token) as socket:
        events = await socket.follow(
            "subscription ($o: ID) { progressChanged(objectiveId: $o) { seq deltas { nodeId } cause { kind } } }",
            o=encode_id(NodeType.OBJECTIVE, acme.answer_fast),
        )
        await acme.check_in("uptime", 100)
        assert await events.next() == {
            "seq": await acme.seq(), "deltas": [], "cause": {"kind": "CHECK_IN_RECORDED"}
        }  # fmt: skip


async def test_a_revoked_token_ends_what_it_follows(client: Client, served: Server, acme: Acme):
    assert served.app_services
    token = await acme.tokens.create(acme.organization.id, name="chat bot", scopes=[Scope.READ])
    [found] = [one for one in await acme.tokens.all(acme.organization.id) if one.name == "chat bot"]
    async with served.socket(token) as socket:
        events = await socket.follow("subscription { changes { seq } }")
        await acme.check_in("macros", 1)
        await events.next()
        await served.app_services.tokens.revoke(acme.organization.id, found.id)
        await acme.check_in("macros", 2)
        assert (await events.problem())["code"] == "NOT_AUTHENTICATED"


async def test_what_happens_to_a_draft_is_pushed_to_nobody_who_does_not_see_it(
    client: Client, served: Server, acme: Acme
):
    async with served.socket(acme.world.tokens[Scope.READ]) as socket, served.socket(acme.token) as editors:
        query = "subscription { changes { seq kind node { id } } }"
        events, theirs = await socket.follow(query), await editors.follow(query)
        draft = await client.make(
            "objectiveCreate",
            cycle={"externalId": "quarter"},
            title="Perhaps",
            draft=True,
            parent={"objective": {"externalId": "answer_fast"}},
        )
        key_result = await client.make(
            "keyResultCreate", objective={"id": draft}, title="Tries", measure="INCREASE", targetValue=3
        )
        await client.do("keyResultUpdate", keyResult={"id": key_result}, title="More tries")
        edited = await client.do("objectiveUpdate", objective={"id": draft}, title="Maybe")
        await all_have_read(served, edited["seq"])  # what is published meanwhile is no draft any more
        published = await client.do("objectivePublish", objective={"id": draft})
        event = await events.next()
        assert event == {"seq": published["seq"], "kind": "OBJECTIVE_PUBLISHED", "node": {"id": draft}}
        assert [one["kind"] for one in await theirs.take(5)] == [
            "OBJECTIVE_CREATED", "KEY_RESULT_CREATED", "KEY_RESULT_UPDATED", "OBJECTIVE_UPDATED", "OBJECTIVE_PUBLISHED"
        ]  # fmt: skip


async def test_following_what_is_not_there_or_not_seen_is_refused(served: Server, acme: Acme):
    draft = await acme.objective("Perhaps", draft=True)
    async with served.socket(acme.world.tokens[Scope.READ]) as socket:
        for given in (
            {"o": encode_id(NodeType.OBJECTIVE, draft)},
            {"o": encode_id(NodeType.OBJECTIVE, UUID(int=1))},
            {"o": encode_id(NodeType.KEY_RESULT, acme.macros)},
            {"o": ""},
            {"c": encode_id(NodeType.CYCLE, UUID(int=1))},
            {"c": encode_id(NodeType.OBJECTIVE, acme.never_down)},
        ):
            events = await socket.subscribe(
                "subscription ($o: ID, $c: ID) { progressChanged(objectiveId: $o, cycleId: $c) { seq } }",
                **given,
            )
            problem = await events.problem()
            path = ["objectiveId" if "o" in given else "cycleId"]
            assert (problem["code"], problem["path"]) == ("NOT_FOUND", path), given
        both = {
            "o": encode_id(NodeType.OBJECTIVE, acme.never_down),
            "c": encode_id(NodeType.CYCLE, acme.year),
        }
        for given in ({}, both):
            events = await socket.subscribe(
                "subscription ($o: ID, $c: ID) { progressChanged(objectiveId: $o, cycleId: $c) { seq } }",
                **given,
            )
            assert (await events.problem())["code"] == "INVALID_INPUT"


async def test_a_change_filter_lets_through_what_it_names(client: Client, served: Server, acme: Acme):
    macros = encode_id(NodeType.KEY_RESULT, acme.macros)
    query = "subscription ($f: ChangeFilter) { changes(filter: $f) { kind } }"
    async with served.socket(acme.token) as socket:
        people = await socket.follow(query, f={"nodeTypes": ["PERSON"]})
        joined = await socket.follow(query, f={"kinds": ["PERSON_CREATED"]})
        moved = await socket.follow(query, f={"nodeId": macros})
        await client.do("personUpdate", person={"externalId": "ben"}, name="Benjamin")
        await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
        await client.do("personCreate", name="Dana")
        assert await people.take(2) == [{"kind": "PERSON_UPDATED"}, {"kind": "PERSON_CREATED"}]
        assert await joined.next() == {"kind": "PERSON_CREATED"}
        assert await moved.next() == {"kind": "CHECK_IN_RECORDED"}
        assert (people.waiting(), joined.waiting(), moved.waiting()) == (0, 0, 0)


async def test_queries_and_mutations_go_over_a_socket_too(served: Server, acme: Acme):
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe("{ viewer { name } }")
        assert await events.next() == {"name": "Ann"}
        assert (await events.message())["type"] == "complete"
        events = await socket.subscribe(
            'mutation { personCreate(input: {name: "Dana"}) { person { name } } }'
        )
        assert await events.next() == {"person": {"name": "Dana"}}


@pytest.mark.parametrize(
    "payload",
    (
        {},
        {"payload": {}},
        {"Authorization": "Bearer okr_unknown"},
        {"Authorization": "okr_without_its_scheme"},
        {"Authorization": 7},
        {"authorization": ""},
    ),
)
async def test_a_socket_without_a_known_token_is_closed(payload: Any, stage: Any):
    async with stage.served.connect() as connection:
        said = payload if "payload" in payload or not payload else {"payload": payload}
        await connection.send(json.dumps({"type": "connection_init", **said}))
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await connection.recv()
    assert closed.value.rcvd
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "Forbidden")


async def test_nothing_is_answered_before_a_socket_has_said_who_asks(stage: Any):
    async with stage.served.connect() as connection:
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": "{ seq }"}}))
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await connection.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4401


async def test_the_old_protocol_of_websockets_is_refused(stage: Any):
    async with stage.served.connect("graphql-ws") as connection:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await connection.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4406


@pytest.mark.parametrize(
    "query", ("{", "{ \ud800 }", "{ nope }", "", "subscription { changes { nope } }", "{ a: seq(x: 1) }")
)
async def test_a_broken_document_over_a_socket_has_its_error_and_harms_nobody_else(query: str, stage: Any):
    async with stage.served.socket(stage.acme.token) as socket:
        events = await socket.subscribe("{ seq }")
        broken = await socket.subscribe(query)
        assert (await broken.problem())["code"] in (
            "GRAPHQL_PARSE_FAILED",
            "GRAPHQL_VALIDATION_FAILED",
            "BAD_REQUEST",
        )
        assert await events.next() == await stage.acme.seq()
