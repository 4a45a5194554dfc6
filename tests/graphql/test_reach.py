"""From one entity to the next: what people, teams and cycles have, what lies above, and the current cycle."""

from datetime import date, timedelta
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import TODAY, Acme, days_ago
from tests.graphql.conftest import Stage
from tests.serving import Client, Server

CURRENT = "query ($on: Date) { currentCycle(on: $on) { name } }"
BELOW_ANSWER_FAST = ["Answer fast", "Clear the backlog"]


async def current(client: Client, on: date | None = None) -> str | None:
    """The name of the current cycle."""
    found = await client.one(CURRENT, on=on.isoformat() if on else None)
    return found["name"] if found else None


def titles(nodes: list[dict[str, Any]]) -> list[str]:
    return [node["title"] for node in nodes]


# ── The current cycle ──


async def test_the_current_cycle_is_the_innermost(client: Client, acme: Acme):
    [quarter, year] = [(await acme.row("cycle", id)) for id in (acme.quarter, acme.year)]
    assert await current(client) == quarter["name"]
    assert await current(client, quarter["starts_on"]) == quarter["name"]
    assert await current(client, quarter["starts_on"] - timedelta(days=1)) == year["name"]
    assert await current(client, year["starts_on"] - timedelta(days=1)) is None
    assert await current(client, year["ends_on"] + timedelta(days=1)) is None


async def test_of_equally_long_current_cycles_the_active_one_comes_first(client: Client, acme: Acme):
    days = (TODAY - timedelta(days=1), TODAY + timedelta(days=1))
    found = []
    for state in (CycleState.CLOSED, CycleState.DRAFT, CycleState.REVIEW, CycleState.ACTIVE):
        for number in (1, 2):
            await acme.cycle(f"{state} {number}", *days, state=state)
        found.append(await current(client))
    assert found == ["CLOSED 2", "DRAFT 2", "REVIEW 2", "ACTIVE 2"]
    await acme.cycle("Today", TODAY, TODAY, state=CycleState.CLOSED)
    assert await current(client) == "Today"  # shorter, whatever its state


# ── By external id ──


async def test_a_tree_is_named_by_external_id(stage: Stage):
    tree = "{ roots { title } rows { depth } }"
    for argument, name, id in (
        ("cycle", "quarter", encode_id(NodeType.CYCLE, stage.acme.quarter)),
        ("root", "answer_fast", encode_id(NodeType.OBJECTIVE, stage.acme.answer_fast)),
    ):
        by_id = await stage.client.one(f'{{ objectiveTree({argument}Id: "{id}") {tree} }}')
        assert await stage.client.one(f'{{ objectiveTree({argument}ExternalId: "{name}") {tree} }}') == by_id
        assert by_id["rows"]
        assert await stage.client.one(f'{{ objectiveTree({argument}ExternalId: "nobody") {tree} }}') is None
    assert await stage.reader.one(f'{{ objectiveTree(rootExternalId: "perhaps") {tree} }}') is None
    for arguments in (
        "",
        '(cycleId: "x", cycleExternalId: "x")',
        '(cycleExternalId: "x", rootExternalId: "x")',
    ):
        problem = await stage.client.problem(f"{{ objectiveTree{arguments} {tree} }}")
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["cycleId"])


async def test_progress_is_followed_by_external_id(served: Server, acme: Acme):
    await acme.objective("Perhaps", draft=True, external_id="perhaps")
    async with served.socket(acme.world.tokens[Scope.READ]) as socket:
        followed = [
            await socket.follow(f'subscription {{ progressChanged({argument}: "{name}") {{ seq }} }}')
            for argument, name in (("objectiveExternalId", "answer_fast"), ("cycleExternalId", "quarter"))
        ]
        await acme.check_in("macros", 5)
        seq = await acme.seq()
        assert [(await events.next())["seq"] for events in followed] == [seq, seq]
        for argument, name in (
            ("objectiveExternalId", "nobody"),
            ("objectiveExternalId", "perhaps"),
            ("objectiveExternalId", "quarter"),
            ("cycleExternalId", "nobody"),
        ):
            events = await socket.subscribe(
                f'subscription {{ progressChanged({argument}: "{name}") {{ seq }} }}'
            )
            problem = await events.problem()
            assert (problem["code"], problem["path"]) == ("NOT_FOUND", [argument]), name


# ── What belongs to people, teams and cycles ──


async def test_a_person_a_team_and_a_cycle_have_their_objectives(stage: Stage):
    for field, name, found in (
        ("person", "ben", BELOW_ANSWER_FAST),
        ("team", "support", ["Answer fast"]),
        ("cycle", "year", ["Customers stay"]),
    ):
        ask = f'{{ {field}(externalId: "{name}") {{ objectives {{ totalCount nodes {{ title }} }} }} }}'
        page = (await stage.reader.one(ask))["objectives"]
        assert (page["totalCount"], titles(page["nodes"])) == (len(found), found)


async def test_a_nested_list_is_filtered_ordered_and_paged(client: Client, acme: Acme):
    for title in ("b", "a", "c"):
        await acme.objective(title, owner="ann", team="support")
    ask = """query ($after: String, $f: ObjectiveFilter) { team(externalId: "support") {
        objectives(first: 2, after: $after, filter: $f, orderBy: { field: TITLE, direction: DESC }) {
            totalCount nodes { title } pageInfo { endCursor hasNextPage } } } }"""
    only = {"title": {"in": ["a", "b", "c"]}, "owner": {"externalId": "ann"}}
    first = (await client.one(ask, f=only))["objectives"]
    assert (first["totalCount"], titles(first["nodes"])) == (3, ["c", "b"])
    assert first["pageInfo"]["hasNextPage"]
    rest = (await client.one(ask, f=only, after=first["pageInfo"]["endCursor"]))["objectives"]
    assert titles(rest["nodes"]) == ["a"]
    problem = await client.problem(ask, f={"title": {"eq": None}})
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["filter", "title", "eq"])


async def test_drafts_in_nested_lists_are_seen_by_who_can_write(stage: Stage):
    ask = '{ cycle(externalId: "quarter") { objectives { totalCount nodes { externalId } } } }'
    seen = [(await one.one(ask))["objectives"] for one in (stage.reader, stage.client)]
    names = [[node["externalId"] for node in page["nodes"]] for page in seen]
    assert "perhaps" not in names[0]
    assert names[1] == [*names[0], "perhaps"]
    assert [page["totalCount"] for page in seen] == [len(names[0]), len(names[1])]


async def test_teams_and_cycles_have_children(client: Client, acme: Acme):
    for name in ("Second line", "First line"):
        await acme.team(name, parent="support")
    team = await client.one('{ team(externalId: "support") { children { name parent { externalId } } } }')
    assert team["children"] == [
        {"name": name, "parent": {"externalId": "support"}} for name in ("First line", "Second line")
    ]
    year = await client.one('{ cycle(externalId: "year") { children { externalId } } }')
    assert year["children"] == [{"externalId": "quarter"}]


async def test_an_objective_has_the_check_ins_of_its_key_results(client: Client, acme: Acme):
    for key_result, value, days in (
        ("backlog", 150, 3),
        ("macros", 5, 2),
        ("backlog", 100, 1),
        ("load", 50, 1),
    ):
        await acme.check_in(key_result, value, effective_at=days_ago(days))
    ask = """query ($o: CheckInOrder, $f: CheckInFilter) { objective(externalId: "clear_backlog") {
        checkIns(first: 2, orderBy: $o, filter: $f) { totalCount nodes { value } } } }"""
    for arguments, count, values in (
        ({}, 3, [100, 5]),
        ({"o": {"field": "EFFECTIVE_AT"}}, 3, [150, 5]),
        ({"f": {"keyResult": {"externalId": "backlog"}}}, 2, [100, 150]),
    ):
        page = (await client.one(ask, **arguments))["checkIns"]
        assert (page["totalCount"], [node["value"] for node in page["nodes"]]) == (count, values)


# ── Above and beneath ──


async def test_ancestors_are_told_once_nearest_first_through_key_results_and_drafts(
    client: Client, reader: Client, acme: Acme
):
    await acme.objective("Between", "macros", draft=True, external_id="between")
    await acme.objective("Below", "between", external_id="below")
    await acme.supports("below", "never_down")
    ask = '{ objective(externalId: "below") { ancestors { title } } }'
    above = ["Clear the backlog", "Answer fast", "Customers stay"]
    assert titles((await client.one(ask))["ancestors"]) == [
        "Never go down", "Between", "Customers stay", "Clear the backlog", "Answer fast"
    ]  # fmt: skip
    assert set(titles((await reader.one(ask))["ancestors"])) == {"Never go down", *above}
    aligned = '{ keyResult(externalId: "macros") { alignedObjectives { title } } }'
    assert titles((await client.one(aligned))["alignedObjectives"]) == ["Between"]
    assert titles((await reader.one(aligned))["alignedObjectives"]) == []


# ── Filters ──


async def found(client: Client, filter: dict[str, Any]) -> list[str]:
    """The external ids of the objectives that match."""
    ask = "query ($f: ObjectiveFilter) { objectives(filter: $f) { nodes { externalId } } }"
    return [node["externalId"] for node in (await client.one(ask, f=filter))["nodes"]]


async def test_objectives_are_found_by_their_parents(client: Client, reader: Client, acme: Acme):
    await acme.objective("Through", "macros", external_id="through")
    await acme.objective("Draft", draft=True, external_id="draft")
    await acme.objective("Under a draft", "draft", external_id="under_draft")
    ids = {
        name: encode_id(NodeType.OBJECTIVE, getattr(acme, name)) for name in ("customers_stay", "answer_fast")
    }
    for filter, names in (
        ({"parent": {"externalId": "customers_stay"}}, ["answer_fast", "never_down"]),
        ({"parent": {"externalId": "clear_backlog"}}, ["through"]),
        ({"parent": {"id": {"in": list(ids.values())}}}, ["answer_fast", "clear_backlog", "never_down"]),
        ({"parent": {"id": {"notIn": [ids["customers_stay"]]}}}, ["clear_backlog", "through"]),
        ({"isOrphan": True}, ["customers_stay", "under_draft"]),
        ({"parent": {"isNull": True}}, ["customers_stay", "under_draft"]),
        ({"parent": {"isNull": True, "externalId": "customers_stay"}}, []),
        ({"parent": {"externalId": "draft"}}, []),
        ({"isOrphan": False}, ["answer_fast", "clear_backlog", "never_down", "through"]),
        ({"parent": {"isNull": False}}, ["answer_fast", "clear_backlog", "never_down", "through"]),
    ):
        assert sorted(await found(reader, filter)) == names, filter
    assert await found(client, {"parent": {"externalId": "draft"}}) == ["under_draft"]
    assert "under_draft" not in await found(client, {"isOrphan": True})


async def test_people_are_found_by_address_and_by_whether_they_have_left(client: Client, acme: Acme):
    await client.do("personUpdate", person={"externalId": "ann"}, email="Ann@acme.example")
    await client.do("personRemove", person={"externalId": "cem"})
    ask = "query ($f: PersonFilter) { people(filter: $f, orderBy: { field: NAME, direction: DESC }) { nodes { externalId } } }"
    for filter, names in (
        ({"email": {"contains": "ann@ACME"}}, ["ann"]),
        ({"active": False}, ["cem"]),
        ({"active": True}, ["ben", "ann"]),
        ({"not": {"active": True}}, ["cem"]),
    ):
        nodes = (await client.one(ask, f=filter))["nodes"]
        assert [node["externalId"] for node in nodes] == names, filter


# ── When ──


@pytest.mark.parametrize(
    ("mutation", "field", "name", "edit"),
    (
        ("personUpdate", "person", "ben", {"name": "Benjamin"}),
        ("teamUpdate", "team", "support", {"name": "Support desk"}),
        ("cycleUpdate", "cycle", "quarter", {"name": "Q"}),
        ("objectiveUpdate", "objective", "answer_fast", {"title": "Answer"}),
        ("keyResultUpdate", "keyResult", "macros", {"title": "Macro"}),
    ),
)
async def test_an_entity_tells_when_it_was_created_and_last_edited(
    mutation: str, field: str, name: str, edit: dict[str, Any], client: Client, acme: Acme
):
    ask = f'{{ {field}(externalId: "{name}") {{ version createdAt updatedAt }} }}'
    before = await client.one(ask)
    await acme.check_in("macros", 5)
    assert await client.one(ask) == before  # numbers that move do not count
    payload = await client.do(
        mutation, f"{field} {{ createdAt updatedAt }}", **{field: {"externalId": name}}, **edit
    )
    [change] = (
        await client.one("query ($s: Seq!) { changes(after: $s) { nodes { at } } }", s=payload["seq"] - 1)
    )["nodes"]
    after = await client.one(ask)
    assert (after["createdAt"], after["updatedAt"]) == (before["createdAt"], change["at"])
    assert after["updatedAt"] > before["updatedAt"] >= before["createdAt"]
    assert payload[field] == {"createdAt": after["createdAt"], "updatedAt": after["updatedAt"]}
