"""Queries by example: pages, filters, orders, trees and nodes; what the random queries do not cover."""

from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.cursors import encode_cursor, list_id
from okr_api.query_engine.field_sources import Ordering
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme, days_ago
from tests.graphql.conftest import Stage
from tests.serving import Client

PAGE = "nodes { title } edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


def titles(page: dict[str, Any]) -> list[str]:
    return [node["title"] for node in page["nodes"]]


async def test_pages_forwards_come_to_the_end_of_the_list(client: Client):
    query = f"query ($after: String) {{ keyResults(first: 3, after: $after) {{ {PAGE} totalCount }} }}"
    seen, after = [], None
    while True:
        page = await client.one(query, after=after)
        assert page["totalCount"] == 8
        assert [edge["node"]["title"] for edge in page["edges"]] == titles(page)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        seen += titles(page)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["Backlog", "Macros", "Uptime", "Errors", "Load", "Failover", "Rollout", "Latency"]


async def test_pages_backwards_come_to_its_beginning(client: Client):
    query = f"query ($before: String) {{ keyResults(last: 3, before: $before) {{ {PAGE} }} }}"
    seen, before, more = [], None, True
    while more:
        page = await client.one(query, before=before)
        seen = titles(page) + seen
        before, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]
    assert seen == ["Backlog", "Macros", "Uptime", "Errors", "Load", "Failover", "Rollout", "Latency"]


async def test_rows_that_come_and_go_between_pages_shift_no_other_row(client: Client, acme: Acme):
    for number in range(6):
        await acme.objective(f"O{number}", external_id=f"o{number}")
    query = (
        "query ($after: String, $f: ObjectiveFilter) { objectives(first: 2, after: $after, filter: $f, "
        f"orderBy: {{field: TITLE, direction: DESC}}) {{ {PAGE} }} }}"
    )
    only = {"title": {"startsWith": "O"}}
    first = await client.one(query, f=only)
    assert titles(first) == ["O5", "O4"]
    await acme.objective("O9")  # before the cursor: not seen any more
    await acme.objective("O3a")  # after it: seen
    await client.do(
        "objectiveUpdate", objective={"externalId": "o4"}, title="Renamed"
    )  # the row of the cursor itself
    second = await client.one(query, f=only, after=first["pageInfo"]["endCursor"])
    assert titles(second) == ["O3a", "O3"]
    third = await client.one(query, f=only, after=second["pageInfo"]["endCursor"])
    assert titles(third) == ["O2", "O1"]
    assert third["pageInfo"]["hasNextPage"]


async def test_nulls_come_last_either_way_and_ties_by_creation(client: Client, acme: Acme):
    for name, value in (("macros", 5), ("backlog", 100), ("rollout", None)):
        if value is not None:
            await acme.check_in(name, value)
    query = "query ($d: OrderDirection!) { keyResults(orderBy: {field: PROGRESS, direction: $d}) { nodes { externalId progress } } }"
    for direction in ("ASC", "DESC"):
        page = await client.one(query, d=direction)
        assert [(node["externalId"], node["progress"]) for node in page["nodes"]] == [
            ("backlog", 0.5), ("macros", 0.5), ("uptime", None), ("errors", None),
            ("load", None), ("failover", None), ("rollout", None), ("latency", None),
        ]  # fmt: skip


async def test_each_key_result_has_a_page_of_its_own(client: Client, acme: Acme):
    for days, (name, value) in enumerate(
        (("macros", 1), ("macros", 2), ("backlog", 190), ("macros", 3), ("backlog", 180))
    ):
        await acme.check_in(name, value, effective_at=days_ago(9 - days))
    query = (
        'query ($after: String) { objective(externalId: "clear_backlog") { keyResults { externalId '
        "checkIns(first: 2, after: $after) { totalCount nodes { value } pageInfo { hasNextPage endCursor } } } } }"
    )
    backlog, macros = (await client.one(query))["keyResults"]
    assert backlog["checkIns"]["totalCount"] == 2
    assert [one["value"] for one in backlog["checkIns"]["nodes"]] == [180.0, 190.0]
    assert not backlog["checkIns"]["pageInfo"]["hasNextPage"]
    assert macros["checkIns"]["totalCount"] == 3
    assert [one["value"] for one in macros["checkIns"]["nodes"]] == [3.0, 2.0]
    assert macros["checkIns"]["pageInfo"]["hasNextPage"]
    more = (
        'query ($after: String) { keyResult(externalId: "macros") '
        "{ checkIns(first: 2, after: $after) { nodes { value } } } }"
    )
    rest = await client.one(more, after=macros["checkIns"]["pageInfo"]["endCursor"])
    assert [one["value"] for one in rest["checkIns"]["nodes"]] == [1.0]


@pytest.mark.parametrize(
    "arguments", ("first: 0", "first: -1", "first: 101", "last: 0", "last: 101", "first: 1, last: 1")
)
async def test_a_page_has_1_to_100_rows_from_one_end(arguments: str, stage: Stage):
    for query in (
        f"{{ objectives({arguments}) {{ totalCount }} }}",
        f"{{ keyResults {{ nodes {{ checkIns({arguments}) {{ totalCount }} }} }} }}",
    ):
        assert (await stage.client.problem(query))["code"] == "INVALID_INPUT"
    assert (await stage.client.one("{ objectives(first: 100) { totalCount } }"))["totalCount"] == 6


MALFORMED = (
    "", "x", "====", "é", "\u2028", "null", "bnVsbA", "W10", "WzFd", "e30", "W251bGwsIngiXQ", "W251bGwsMV0",
    "W251bGxd", "A" * 10_000,
)  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: repr(text[:16]))
async def test_a_malformed_cursor_is_refused_where_it_stands(text: str, stage: Stage):
    for field in ("after", "before"):
        for order in ("CREATED_AT", "TITLE", "PROGRESS"):
            problem = await stage.client.problem(
                f"query ($c: String, $o: ObjectiveOrderField!) {{ objectives({field}: $c, orderBy: {{field: $o}}) {{ nodes {{ id }} }} }}",
                c=text,
                o=order,
            )
            assert (problem["code"], problem["path"]) == ("INVALID_INPUT", [field])


@pytest.mark.parametrize(
    ("order", "position"),
    (
        ("TITLE", 5), ("TITLE", True), ("TITLE", ["x"]), ("TITLE", {"date": "2026-10-01"}), ("PROGRESS", "x"),
        ("PROGRESS", {"instant": "2026-10-01T00:00:00Z"}), ("PROGRESS", {"date": "x"}), ("PROGRESS", {}),
        ("DUE_ON", "x"), ("DUE_ON", 5), ("DUE_ON", {"date": 7}), ("DUE_ON", {"date": None}), ("DUE_ON", {"other": "2026-10-01"}),
        ("TITLE", "NUL \0"), ("CREATED_AT", "x"), ("PROGRESS", True),
    ),
)  # fmt: skip
async def test_a_cursor_of_another_order_is_refused(order: str, position: Any, stage: Stage):
    forged = encode_cursor(list_id("KeyResultConnection", Ordering(name=order)), position, stage.acme.macros)
    problem = await stage.client.problem(
        "query ($c: String, $o: KeyResultOrderField!) { keyResults(after: $c, orderBy: {field: $o}) { nodes { id } } }",
        c=forged,
        o=order,
    )
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["after"])


async def test_a_cursor_of_check_ins_is_of_instants(stage: Stage):
    macros = stage.acme.macros
    of = list_id("CheckInConnection", Ordering(descending=True, name="EFFECTIVE_AT"), macros)
    ask = 'query ($c: String) { keyResult(externalId: "macros") { checkIns(after: $c) { nodes { id } } } }'
    assert await stage.client.ask(ask, c=encode_cursor(of, None, macros))
    for position in (
        "x",
        5,
        {"date": "2026-10-01"},
        {"instant": "2026-10-01"},
        {"instant": "yesterday"},
        {"instant": "0001-01-01T00:00:00+23:59"},
        {"instant": "9999-12-31T23:59:59-23:59"},
    ):
        problem = await stage.client.problem(ask, c=encode_cursor(of, position, macros))
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["after"]), position


async def test_a_filter_has_its_limits(stage: Stage):
    ask = "query ($f: ObjectiveFilter) { objectives(filter: $f) { totalCount } }"
    ids = {"cycle": {"id": {"in": ["x"] * 100}}}
    assert await stage.client.ask(ask, f=ids) == {"objectives": {"totalCount": 0}}
    ids["cycle"]["id"]["in"].append("x")
    assert (await stage.client.problem(ask, f=ids))["code"] == "TOO_MANY"
    many = {"or": [{"title": {"eq": "x"}}] * 201}
    assert (await stage.client.problem(ask, f=many))["code"] == "TOO_MANY"


async def test_text_is_found_whatever_its_case(client: Client, acme: Acme):
    await acme.objective("Über ÖFFNUNG 100%_")
    ask = "query ($t: String) { objectives(filter: {title: {contains: $t}}) { totalCount } }"
    for text in ("über", "ÜBER", "öffnung", "100%", "%_", ""):
        assert (await client.one(ask, t=text))["totalCount"] == (5 if text == "" else 1), text
    assert (await client.one(ask, t="_%"))["totalCount"] == 0


async def test_node_answers_every_type_and_null_for_what_names_nothing(client: Client, acme: Acme):
    check_in = await acme.check_in("macros", 5)
    ids = [
        encode_id(NodeType.ORGANIZATION, acme.organization.id), encode_id(NodeType.PERSON, acme.ann),
        encode_id(NodeType.TEAM, acme.support), encode_id(NodeType.CYCLE, acme.year),
        encode_id(NodeType.OBJECTIVE, acme.never_down), encode_id(NodeType.KEY_RESULT, acme.macros),
        encode_id(NodeType.CHECK_IN, check_in),
    ]  # fmt: skip
    names = ["Organization", "Person", "Team", "Cycle", "Objective", "KeyResult", "CheckIn"]
    nothing = [
        "",
        "obj_",
        ids[4].replace("obj", "key"),
        ids[4].upper(),
        ids[4][:-1],
        f"{ids[4]} ",
        "obj_" + "é" * 32,
        "obj_" + "-" * 32,
    ]
    found = await client.one(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=[*ids, *nothing, ids[0]]
    )
    assert found == [
        *({"__typename": name, "id": id} for name, id in zip(names, ids, strict=True)),
        *([None] * len(nothing)),
        {"__typename": "Organization", "id": ids[0]},
    ]
    for name, id in zip(names, ids, strict=True):
        assert await client.one("query ($id: ID!) { node(id: $id) { __typename } }", id=id) == {
            "__typename": name
        }
    problem = await client.problem("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[ids[0]] * 101)
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["ids"])


@pytest.mark.parametrize("field", ("person", "team", "cycle", "objective", "keyResult"))
async def test_one_is_named_by_its_id_or_its_external_id(field: str, stage: Stage):
    for arguments in ("", '(id: "x", externalId: "y")'):
        problem = await stage.client.problem(f"{{ {field}{arguments} {{ id }} }}")
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["id"])
    for arguments in ('id: "x"', 'id: ""', 'externalId: "nobody"', 'externalId: ""'):
        assert await stage.client.one(f"{{ {field}({arguments}) {{ id }} }}") is None


TREE = """
    query ($c: ID, $r: ID, $d: Int) {
        objectiveTree(cycleId: $c, rootId: $r, depth: $d) {
            seq roots { title } rows { depth parentIds objective { id title } }
        }
    }
"""


def drawn(tree: dict[str, Any]) -> list[tuple[int, str, list[str]]]:
    """Return the rows of a flat tree with titles in place of ids."""
    names = {row["objective"]["id"]: row["objective"]["title"] for row in tree["rows"]}
    return [
        (row["depth"], row["objective"]["title"], [names.get(id, "?") for id in row["parentIds"]])
        for row in tree["rows"]
    ]


async def test_the_tree_is_flat_and_depth_first_with_each_node_once(client: Client, acme: Acme):
    await acme.objective("Both", "answer_fast", external_id="both")
    await acme.align("both", "uptime")
    await acme.objective("Beneath both", "both")
    tree = await client.one(TREE, r=encode_id(NodeType.OBJECTIVE, acme.customers_stay))
    assert tree["seq"] == await acme.seq()
    assert tree["roots"] == [{"title": "Customers stay"}]
    assert drawn(tree) == [
        (0, "Customers stay", []),
        (1, "Answer fast", ["Customers stay"]),
        (2, "Clear the backlog", ["Answer fast"]),
        (2, "Both", ["Answer fast", "Never go down"]),
        (3, "Beneath both", ["Both"]),
        (1, "Never go down", ["Customers stay"]),
    ]
    shallow = await client.one(TREE, r=encode_id(NodeType.OBJECTIVE, acme.customers_stay), d=1)
    assert [row[1] for row in drawn(shallow)] == ["Customers stay", "Answer fast", "Never go down"]
    of_cycle = await client.one(TREE, c=encode_id(NodeType.CYCLE, acme.quarter))
    assert [title["title"] for title in of_cycle["roots"]] == ["Answer fast", "Never go down"]
    assert drawn(of_cycle)[0] == (0, "Answer fast", [])


async def test_what_lies_under_a_draft_hangs_on_the_nearest_ancestor_that_is_seen(
    client: Client, reader: Client, acme: Acme
):
    await acme.objective("Draft", "answer_fast", draft=True, external_id="draft")
    await acme.objective("Draft of the draft", "draft", draft=True, external_id="deeper")
    await acme.objective("Published", "deeper")
    root = encode_id(NodeType.OBJECTIVE, acme.answer_fast)
    assert drawn(await client.one(TREE, r=root)) == [
        (0, "Answer fast", []),
        (1, "Clear the backlog", ["Answer fast"]),
        (1, "Draft", ["Answer fast"]),
        (2, "Draft of the draft", ["Draft"]),
        (3, "Published", ["Draft of the draft"]),
    ]
    assert drawn(await reader.one(TREE, r=root)) == [
        (0, "Answer fast", []),
        (1, "Clear the backlog", ["Answer fast"]),
        (1, "Published", ["Answer fast"]),
    ]


async def test_a_draft_is_nowhere_to_be_read_by_who_does_not_edit(client: Client, reader: Client, acme: Acme):
    draft = await acme.objective("Draft", "macros", draft=True, external_id="draft")
    key_result = await acme.key_result("Tries", "draft", external_id="tries")
    ids = [encode_id(NodeType.OBJECTIVE, draft), encode_id(NodeType.KEY_RESULT, key_result)]
    query = (
        'query ($ids: [ID!]!) { nodes(ids: $ids) { id } objective(externalId: "draft") { id } '
        'keyResult(externalId: "tries") { id } objectives { totalCount nodes { id children { id } parents { weight } } } '
        "keyResults { totalCount } changes(after: 21) { nodes { nodeId } } objectiveTree(rootId: $r) { rows { depth } } }"
    ).replace("$ids: [ID!]!)", "$ids: [ID!]!, $r: ID)")
    seen = await reader.ask(query, ids=ids, r=ids[0])
    assert seen["nodes"] == [None, None]
    assert (seen["objective"], seen["keyResult"]) == (None, None)
    assert (seen["objectives"]["totalCount"], seen["keyResults"]["totalCount"]) == (4, 8)
    assert ids[0] not in str(seen)
    assert seen["changes"]["nodes"] == []
    assert seen["objectiveTree"] is None
    theirs = await client.ask(query, ids=ids, r=ids[0])
    assert (theirs["objectives"]["totalCount"], theirs["keyResults"]["totalCount"]) == (5, 9)
    assert [one["nodeId"] for one in theirs["changes"]["nodes"]] == ids


@pytest.mark.parametrize("given", ({}, {"c": "x", "r": "y"}))
async def test_a_tree_is_of_a_cycle_or_beneath_an_objective(given: dict[str, str], stage: Stage):
    problem = await stage.client.problem(TREE, **given)
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["cycleId"])
    below = await stage.client.problem(TREE, c="x", d=-1)
    assert (below["code"], below["path"]) == ("INVALID_INPUT", ["depth"])


async def test_a_tree_of_what_is_not_there_is_null(stage: Stage):
    objective, cycle = encode_id(NodeType.OBJECTIVE, UUID(int=1)), encode_id(NodeType.CYCLE, UUID(int=1))
    never_down = encode_id(NodeType.OBJECTIVE, stage.acme.never_down)
    year = encode_id(NodeType.CYCLE, stage.acme.year)
    for of in ({"c": "x"}, {"c": cycle}, {"c": never_down}, {"r": "x"}, {"r": objective}, {"r": year}):
        for depth in (None, 0):
            assert await stage.client.one(TREE, **of, d=depth) is None, of


async def test_a_tree_beneath_a_draft_is_null_to_who_does_not_see_it(stage: Stage):
    draft = await stage.client.one('{ objective(externalId: "perhaps") { id } }')
    assert drawn(await stage.client.one(TREE, r=draft["id"])) == [(0, "Perhaps", [])]
    assert await stage.reader.one(TREE, r=draft["id"]) is None


async def test_a_cycle_of_which_nothing_is_seen_has_an_empty_tree(client: Client, reader: Client, acme: Acme):
    cycle = await acme.cycle("Empty")
    of = encode_id(NodeType.CYCLE, cycle)
    assert await client.one(TREE, c=of) == {"seq": await acme.seq(), "roots": [], "rows": []}
    await acme.objective("Draft", cycle=cycle, draft=True)
    assert drawn(await client.one(TREE, c=of)) == [(0, "Draft", [])]
    assert await reader.one(TREE, c=of) == {"seq": await acme.seq(), "roots": [], "rows": []}


async def test_all_of_an_answer_is_true_at_its_seq(client: Client, acme: Acme):
    seq = await acme.seq()
    root = encode_id(NodeType.OBJECTIVE, acme.never_down)
    data = await client.ask(
        f'{{ seq again: seq objectiveTree(rootId: "{root}") {{ seq }} changes(after: 0, first: 1) {{ endSeq hasMore }} }}'
    )
    assert data == {
        "seq": seq,
        "again": seq,
        "objectiveTree": {"seq": seq},
        "changes": {"endSeq": 1, "hasMore": True},
    }


async def test_changes_are_read_a_stretch_at_a_time(client: Client, acme: Acme):
    head = await acme.seq()
    seen, after = [], 0
    while True:
        page = await client.one(
            "query ($a: Seq!) { changes(after: $a, first: 8) { nodes { seq } endSeq hasMore } }", a=after
        )
        seen += [one["seq"] for one in page["nodes"]]
        after = page["endSeq"]
        if not page["hasMore"]:
            break
    assert seen == list(range(1, head + 1))
    assert after == head
    none = await client.one(
        "{ changes(after: 0, filter: {kinds: [IMPORTED]}) { nodes { seq } endSeq hasMore } }"
    )
    assert none == {"nodes": [], "endSeq": head, "hasMore": False}
    for first in (0, 101, -1):
        problem = await client.problem(
            "query ($f: Int!) { changes(after: 0, first: $f) { endSeq } }", f=first
        )
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["first"])


async def test_who_asks_is_told_who_they_are(reader: Client, client: Client):
    query = "{ viewer { name person { externalId } organization { name timeZone } scopes seesDrafts } organization { name } }"
    assert await client.ask(query) == {
        "viewer": {
            "name": "Ann", "person": {"externalId": "ann"}, "organization": {"name": "Acme", "timeZone": "Europe/Berlin"},
            "scopes": ["READ", "CHECK_IN", "WRITE", "ADMIN"], "seesDrafts": True,
        },
        "organization": {"name": "Acme"},
    }  # fmt: skip
    seen = await reader.one("{ viewer { name person { id } scopes seesDrafts } }")
    assert seen == {"name": "read", "person": None, "scopes": ["READ"], "seesDrafts": False}


async def test_the_parts_of_what_is_set_aside_are_counted_as_such(client: Client):
    await client.do("objectivePause", objective={"externalId": "never_down"}, reason="Later")
    paused = await client.one(
        '{ objective(externalId: "never_down") { worstPart partsByStatus { status count } } }'
    )
    assert paused == {"worstPart": "PAUSED", "partsByStatus": [{"status": "PAUSED", "count": 6}]}


async def test_a_child_that_serves_an_objective_twice_is_one_part_and_one_child(client: Client, acme: Acme):
    await acme.key_result("Hours", "answer_fast", external_id="hours")
    await client.do(
        "objectiveAlign",
        objective={"externalId": "clear_backlog"},
        parent={"keyResult": {"externalId": "hours"}},
    )
    await client.do("objectiveUpdate", objective={"externalId": "answer_fast"}, progressSource="OBJECTIVES")
    found = await client.one(
        '{ objective(externalId: "answer_fast") { partsByStatus { count } children { externalId } effectiveProgressSource } }'
    )
    assert found == {
        "partsByStatus": [{"count": 1}],
        "children": [{"externalId": "clear_backlog"}],
        "effectiveProgressSource": "OBJECTIVES",
    }
