"""Changes of a node: every mutation lists what it touched; filtering by node is the feed filtered one by one."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entities import ATTACHED, BY_TYPE, ENTITIES
from okr_api.okr.entity import Entity, NodeType
from okr_api.okr.reaction import REACTED
from okr_api.query_engine import change_pages
from okr_api.query_engine.global_ids import decode_id, encode_id
from tests.acme import Acme, days_ago, said
from tests.graphql.cases import CASES, set_the_stage
from tests.graphql.hidden import hide
from tests.serving import Client, Server, mutations

VERSIONED = [entity.table for entity in ENTITIES if entity.section and entity.is_versioned]
PAGE = """
    query ($after: Seq!, $first: Int!, $f: ChangeFilter) {
        changes(after: $after, first: $first, filter: $f) {
            nodes { seq kind nodeId nodeType deltas { nodeId } } endSeq hasMore
        }
    }
"""


async def listed(acme: Acme, seq: int) -> dict[UUID, bool]:
    """Return the nodes that are listed for a change, and of which of them it is."""
    rows = await acme.fetch("select node_id, is_direct from change_node where seq = $1", seq)
    return {row["node_id"]: row["is_direct"] for row in rows}


async def edited(acme: Acme, seq: int) -> set[UUID]:
    """Return what a change edited or checked in on by the rows that it made; with key results the objectives."""
    found: set[UUID] = set()
    for table in VERSIONED:
        found |= {
            row["id"] for row in await acme.fetch(f"select id from {table}_version where seq = $1", seq)
        }
    for entity in ATTACHED:
        found |= await belonging_to(acme, entity, seq)
    said_of = await acme.fetch("select key_result_id from check_in where seq = $1", seq)
    found |= {row["key_result_id"] for row in said_of}
    owners = await acme.fetch(
        "select distinct on (id, seq < $2) id, objective_id from key_result_version "
        "where id = any($1::uuid[]) and seq <= $2 order by id, seq < $2, seq desc",
        list(found),
        seq,
    )
    return found | {row["objective_id"] for row in owners}


async def belonging_to(acme: Acme, entity: Entity, seq: int) -> set[UUID]:
    """Return the objectives and key results to which the entities that a change edited belong.

    What is said belongs to what it is on as well, and to what that belongs to.
    """
    rows = await acme.fetch(f"select * from {entity.table}_version where seq = $1", seq)
    ids: set[UUID] = set()
    waiting = [(entity, row) for row in rows]
    while waiting:
        of, row = waiting.pop()
        is_said = of.node_type in (NodeType.COMMENT, NodeType.REACTION)
        for name, node_type in of.references.items():
            is_measured = node_type in (NodeType.OBJECTIVE, NodeType.KEY_RESULT)
            if is_measured or (is_said and name in REACTED.values()):
                found = row[name] if isinstance(row[name], list) else [row[name]]
                ids |= {*found} - {None}
                for id in [] if is_measured else {*found} - {None}:
                    part = BY_TYPE[node_type]
                    waiting.append((part, await acme.row(part.table, id)))
    owners = await acme.fetch("select objective_id from key_result where id = any($1::uuid[])", list(ids))
    return ids | {row["objective_id"] for row in owners}


@pytest.mark.parametrize("mutation", mutations())
async def test_every_mutation_lists_what_it_edited_and_what_it_moved(
    mutation: str, client: Client, acme: Acme
):
    case = CASES[mutation]
    await set_the_stage(acme, client, case)
    await client.do(mutation, **case.input)
    change = await acme.change()
    direct = await edited(acme, change["seq"]) | {change["node_id"]}
    moved = {UUID(delta["node_id"]) for delta in change["deltas"]}
    assert await listed(acme, change["seq"]) == {id: id in direct for id in direct | moved}
    assert await acme.verify() == []
    told = await client.one(
        "query ($a: Seq!) { changes(after: $a) { nodes { summary } } }", a=change["seq"] - 1
    )
    assert told["nodes"][0]["summary"].startswith("Ann ")


async def test_an_objective_has_the_changes_of_its_key_results_and_those_that_only_moved_its_numbers(
    client: Client, acme: Acme
):
    await acme.check_in("macros", 1)
    begun = await acme.seq()
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, title="More macros")
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, note="Nothing moved")
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
    await client.do("objectiveUpdate", objective={"externalId": "answer_fast"}, title="Answer faster")
    await client.do("personUpdate", person={"externalId": "ben"}, name="Benjamin")

    async def of(name: str, **more: Any) -> list[str]:
        id = encode_id(NodeType.OBJECTIVE, getattr(acme, name))
        page = await client.one(PAGE, after=begun, first=100, f={"nodeId": id, **more})
        assert (page["endSeq"], page["hasMore"]) == (await acme.seq(), False)
        return [change["kind"] for change in page["nodes"]]

    said_twice = ["CHECK_IN_RECORDED", "CHECK_IN_RECORDED"]
    assert await of("clear_backlog") == ["KEY_RESULT_UPDATED", *said_twice]
    assert await of("clear_backlog", isDirect=True) == ["KEY_RESULT_UPDATED", *said_twice]
    assert await of("clear_backlog", isDirect=True, kinds=["CHECK_IN_RECORDED"]) == said_twice
    assert await of("answer_fast") == ["CHECK_IN_RECORDED", "OBJECTIVE_UPDATED"]
    assert await of("answer_fast", isDirect=True) == ["OBJECTIVE_UPDATED"]
    assert await of("answer_fast", isDirect=False) == ["CHECK_IN_RECORDED"]
    assert await of("answer_fast", nodeTypes=["OBJECTIVE"]) == ["OBJECTIVE_UPDATED"]
    assert await of("customers_stay", isDirect=True) == []


async def test_a_moved_key_result_is_among_the_changes_of_both_objectives(client: Client, acme: Acme):
    begun = await acme.seq()
    await client.do(
        "keyResultMove", keyResult={"externalId": "macros"}, objective={"externalId": "never_down"}
    )
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=2)
    found = {}
    for name in ("clear_backlog", "never_down"):
        given = {"nodeId": encode_id(NodeType.OBJECTIVE, getattr(acme, name)), "isDirect": True}
        page = await client.one(PAGE, after=begun, first=100, f=given)
        found[name] = [change["kind"] for change in page["nodes"]]
    assert found == {
        "clear_backlog": ["KEY_RESULT_MOVED"],
        "never_down": ["KEY_RESULT_MOVED", "CHECK_IN_RECORDED"],
    }


async def test_closing_a_cycle_is_a_change_of_each_objective_that_it_closes(client: Client, acme: Acme):
    for mutation, given in CASES["cycleClose"].before:
        await client.do(mutation, **given)
    await client.do("cycleClose", **CASES["cycleClose"].input)
    for name in ("never_down", "clear_backlog"):
        given = {"nodeId": encode_id(NodeType.OBJECTIVE, getattr(acme, name)), "isDirect": True}
        page = await client.one(PAGE, after=await acme.seq() - 1, first=100, f=given)
        assert [change["kind"] for change in page["nodes"]] == ["CYCLE_CLOSED"], name


async def test_how_a_change_touches_no_node_cannot_be_asked(client: Client, served: Server, acme: Acme):
    problem = await client.problem(PAGE, after=0, first=1, f={"isDirect": True})
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["filter", "isDirect"])
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe("subscription { changes(filter: { isDirect: false }) { seq } }")
        problem = await events.problem()
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["filter", "isDirect"])


async def live_a_little(acme: Acme, client: Client) -> None:
    """Make changes of many kinds, of and around what some cannot see."""
    await hide(client)
    for number in range(1, 4):
        await acme.say(said("macros", number), said("uptime", 99 + number / 10))
        await acme.check_in("backlog", 150 - number, effective_at=days_ago(number))
    for mutation in ("keyResultUpdate", "objectivePause", "objectiveAlign", "cycleUpdate", "teamMemberAdd"):
        await client.do(mutation, **CASES[mutation].input)
    await client.do("keyResultMove", keyResult={"externalId": "errors"}, objective={"externalId": "draft"})
    await client.do(
        "keyResultMove", keyResult={"externalId": "errors"}, objective={"externalId": "never_down"}
    )


async def touched_by(acme: Acme, change: Mapping[str, Any], visible: set[UUID]) -> dict[UUID, bool]:
    """Return what a change as a client sees it touches: True for what it is of, as far as its row tells."""
    row = await acme.change(change["seq"])
    named = {delta["nodeId"] for delta in change["deltas"]}
    touched = {decode_id(id)[1]: False for id in named}  # type: ignore[index]
    for id in (row["node_id"], *row["related_ids"]):
        if id in visible:
            touched[id] = True
    return touched


@pytest.mark.parametrize("scope", (Scope.WRITE, Scope.READ))
async def test_pages_of_a_node_are_the_feed_filtered_change_by_change(
    scope: Scope, client: Client, reader: Client, acme: Acme
):
    await live_a_little(acme, client)
    asker = client if scope is Scope.WRITE else reader
    whole = await asker.one(PAGE, after=0, first=100, f=None)
    assert not whole["hasMore"]
    shown = await visible_nodes(acme, asker)
    expected: defaultdict[tuple[UUID, bool | None], list[Any]] = defaultdict(list)
    for change in whole["nodes"]:
        for id, is_direct in (await touched_by(acme, change, set(shown))).items():
            expected[id, None].append(change)
            expected[id, is_direct].append(change)
    assert len({id for id, _ in expected}) >= 15
    for id, given in shown.items():
        for only_direct in (None, True, False):
            filter = {"nodeId": given} | ({} if only_direct is None else {"isDirect": only_direct})
            for first in (2, 30):
                found = await pages(asker, first, filter)
                assert found == (expected[id, only_direct], await acme.seq()), (given, only_direct, first)


async def visible_nodes(acme: Acme, asker: Client) -> dict[UUID, str]:
    """Return the global ids of the cycles, objectives, key results and teams that a client sees, by id."""
    ids: dict[UUID, str] = {}
    for node_type in (NodeType.CYCLE, NodeType.OBJECTIVE, NodeType.KEY_RESULT, NodeType.TEAM):
        rows = await acme.fetch(f"select id from {BY_TYPE[node_type].table}")
        ids |= {row["id"]: encode_id(node_type, row["id"]) for row in rows}
    nodes = await asker.one("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=list(ids.values()))
    return {id: given for (id, given), node in zip(ids.items(), nodes, strict=True) if node}


async def pages(asker: Client, first: int, filter: Mapping[str, Any]) -> tuple[list[Any], int]:
    """Return the changes of all pages, each full but the last, and where the last one ends."""
    found: list[Any] = []
    after = 0
    while True:
        page = await asker.one(PAGE, after=after, first=first, f=filter)
        found += page["nodes"]
        if not page["hasMore"]:
            return found, page["endSeq"]
        assert len(page["nodes"]) == first
        assert page["endSeq"] == page["nodes"][-1]["seq"]
        after = page["endSeq"]


async def test_a_hidden_node_has_the_changes_of_one_that_does_not_exist(
    client: Client, reader: Client, acme: Acme
):
    hidden = await hide(client)
    unknown = encode_id(NodeType.OBJECTIVE, UUID(int=7))
    for given in ({}, {"isDirect": True}, {"kinds": ["KEY_RESULT_MOVED", "CHECK_IN_RECORDED"]}):
        nothing = await reader.one(PAGE, after=0, first=1, f={"nodeId": unknown, **given})
        assert (nothing["nodes"], nothing["hasMore"]) == ([], False)
        for one in hidden:
            assert await reader.one(PAGE, after=0, first=1, f={"nodeId": one.id, **given}) == nothing
            seen = await client.one(PAGE, after=0, first=1, f={"nodeId": one.id})
            assert seen["nodes"]


async def test_a_page_of_a_node_ends_where_a_scan_for_kinds_does(
    client: Client, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(change_pages, "MAX_CHANGES_SCANNED", 3)
    seqs = []
    for value in range(1, 6):
        await acme.check_in("macros", value)
        seqs.append(await acme.seq())
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, title="More")
    node = encode_id(NodeType.KEY_RESULT, acme.macros)
    given = {"nodeId": node, "kinds": ["KEY_RESULT_UPDATED"]}
    page = await client.one(PAGE, after=seqs[0] - 1, first=5, f=given)
    assert page == {"nodes": [], "endSeq": seqs[2], "hasMore": True}
    page = await client.one(PAGE, after=seqs[2], first=5, f=given)
    assert [change["kind"] for change in page["nodes"]] == ["KEY_RESULT_UPDATED"]
    assert not page["hasMore"]


async def test_changes_of_a_node_that_were_pruned_meanwhile_are_not_skipped(client: Client, acme: Acme):
    begun = await acme.seq()
    for value in range(1, 4):
        await acme.check_in("macros", value)
    await acme.fetch("delete from change where seq <= $1", begun + 1)  # as before the feed head is updated
    given = {"nodeId": encode_id(NodeType.KEY_RESULT, acme.macros)}
    problem = await client.problem(PAGE, after=begun, first=5, f=given)
    assert (problem["code"], problem["oldestSeq"]) == ("CURSOR_EXPIRED", begun + 2)


@pytest.mark.parametrize("scope", (Scope.WRITE, Scope.READ))
async def test_a_subscription_to_a_node_sends_what_a_page_of_it_has(
    scope: Scope, client: Client, reader: Client, served: Server, acme: Acme
):
    begun = await acme.seq()
    await live_a_little(acme, client)
    asker, token = (client, acme.token) if scope is Scope.WRITE else (reader, acme.world.tokens[Scope.READ])
    selected = (
        "subscription ($a: Seq, $f: ChangeFilter) { changes(after: $a, filter: $f) { seq kind nodeId } }"
    )
    async with served.socket(token) as socket:
        started = []
        for id in (acme.never_down, acme.clear_backlog, acme.errors, acme.macros):
            for given in ({}, {"isDirect": True}, {"isDirect": False}):
                filter = {"nodeId": encode_id(NodeType.OBJECTIVE, id), **given}
                page = await asker.one(PAGE, after=begun, first=100, f=filter)
                wanted = [{name: one[name] for name in ("seq", "kind", "nodeId")} for one in page["nodes"]]
                events = await socket.subscribe(selected, a=begun, f=filter)
                assert await events.take(len(wanted)) == wanted
                started.append(events)
        assert [events.waiting() for events in started] == [0] * 12
