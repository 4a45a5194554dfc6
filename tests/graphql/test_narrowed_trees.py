"""Trees of a team, a person and a priority: what belongs to them, and on what it hangs."""

from typing import Any

import pytest

from okr_api.services import objectives, priorities, teams
from okr_api.services.references import Ref
from tests.acme import Acme
from tests.serving import Client

ROWS = "rows { depth parentIds objective { id externalId } } roots { externalId }"


def placed(tree: dict[str, Any]) -> list[tuple[int, str, list[str]]]:
    """Return the rows with external ids in place of ids."""
    names = {row["objective"]["id"]: row["objective"]["externalId"] for row in tree["rows"]}
    return [
        (row["depth"], row["objective"]["externalId"], [names[id] for id in row["parentIds"]])
        for row in tree["rows"]
    ]


async def tree(client: Client, arguments: str) -> list[tuple[int, str, list[str]]]:
    found = await client.one(f"{{ objectiveTree({arguments}) {{ {ROWS} }} }}")
    assert [one["externalId"] for one in found["roots"]] == [name for _, name, up in placed(found) if not up]
    return placed(found)


@pytest.fixture
async def desk(acme: Acme) -> Acme:
    """Put a team under Support, whose objective lies two steps beneath Support's own."""
    await acme.team("Desk", parent="support", external_id="desk")
    await acme.objective("Tools", "clear_backlog", external_id="tools", team="desk", owner="cem")
    await acme.objective(
        "Search", "tools", external_id="search", team="support", contributors=[Ref(acme.cem)]
    )
    return acme


async def test_a_teams_objectives_hang_on_the_nearest_above_them_that_are_the_teams(
    client: Client, desk: Acme
):
    assert await tree(client, 'teamExternalId: "support"') == [
        (0, "answer_fast", []),
        (1, "search", ["answer_fast"]),
    ]
    assert await tree(client, 'teamExternalId: "desk"') == [(0, "tools", [])]


async def test_the_teams_under_a_team_belong_to_its_tree_if_that_is_wanted(client: Client, desk: Acme):
    assert await tree(client, 'teamExternalId: "support", includeSubteams: true') == [
        (0, "answer_fast", []),
        (1, "tools", ["answer_fast"]),
        (2, "search", ["tools"]),
    ]


async def test_a_moved_team_is_seen_at_once_though_it_edits_no_plan(client: Client, desk: Acme):
    wanted = 'teamExternalId: "support", includeSubteams: true'
    assert len(await tree(client, wanted)) == 3
    await desk.done(teams.edit_team, team="desk", edits={"parent": None})
    assert len(await tree(client, wanted)) == 2


async def test_a_persons_tree_has_what_they_own_and_what_they_contribute_to(client: Client, desk: Acme):
    assert await tree(client, 'personExternalId: "cem"') == [
        (0, "never_down", []),
        (0, "tools", []),
        (1, "search", ["tools"]),
    ]


async def test_a_priority_has_the_tree_of_all_that_serves_it(client: Client, desk: Acme):
    priority = await desk.done(priorities.add_priority, title="Loyal guests", external_id="loyal")
    await desk.done(objectives.edit_objective, objective="answer_fast", edits={"priorities": [Ref(priority)]})
    assert await tree(client, 'priorityExternalId: "loyal"') == [
        (0, "answer_fast", []),
        (1, "clear_backlog", ["answer_fast"]),
        (2, "tools", ["clear_backlog"]),
        (3, "search", ["tools"]),
    ]
    await desk.done(objectives.edit_objective, objective="answer_fast", edits={"priorities": []})
    assert await tree(client, 'priorityExternalId: "loyal"') == []
    await desk.done(priorities.remove_priority, priority="loyal")
    assert await client.one(f'{{ objectiveTree(priorityExternalId: "loyal") {{ {ROWS} }} }}') is None


async def test_all_that_is_named_has_to_be_met(client: Client, desk: Acme):
    assert await tree(
        client, 'cycleExternalId: "quarter", personExternalId: "cem", teamExternalId: "desk"'
    ) == [(0, "tools", [])]
    assert await tree(client, 'cycleExternalId: "year", personExternalId: "cem"') == []
    assert await tree(client, 'rootExternalId: "clear_backlog", teamExternalId: "support"') == [
        (0, "search", [])
    ]
    assert await tree(client, 'cycleExternalId: "quarter", teamExternalId: "support", depth: 0') == [
        (0, "answer_fast", [])
    ]


@pytest.mark.parametrize(
    "nobody",
    (
        'teamExternalId: "nobody"',
        'teamId: "x"',
        'personId: "tea_00000000000000000000000000000000"',
        'cycleExternalId: "quarter", priorityExternalId: "nobody"',
        'cycleExternalId: "nobody", teamExternalId: "support"',
        'rootExternalId: "nobody", teamExternalId: "support"',
    ),
)
async def test_there_is_no_tree_of_what_is_not_there(client: Client, acme: Acme, nobody: str):
    assert await client.one(f"{{ objectiveTree({nobody}) {{ {ROWS} }} }}") is None


async def test_beneath_a_hidden_root_there_is_nothing_for_a_team_either(
    client: Client, reader: Client, acme: Acme
):
    await acme.objective("Perhaps", external_id="perhaps", draft=True)
    await acme.objective("Surely", "perhaps", external_id="surely", team="support")
    asked = 'rootExternalId: "perhaps", teamExternalId: "support"'
    assert await tree(client, asked) == [(0, "surely", [])]
    assert await reader.one(f"{{ objectiveTree({asked}) {{ {ROWS} }} }}") is None


@pytest.mark.parametrize(
    ("arguments", "path"),
    {
        'teamId: "x", teamExternalId: "x"': "teamId",
        'cycleId: "x", personId: "x", personExternalId: "x"': "personId",
        'cycleId: "x", rootId: "x", teamId: "x"': "cycleId",
        'personId: "x", includeSubteams: true': "includeSubteams",
        'teamId: "x", depth: -1': "depth",
    }.items(),
)
async def test_arguments_that_exclude_one_another_are_refused(
    client: Client, acme: Acme, arguments: str, path: str
):
    problem = await client.problem(f"{{ objectiveTree({arguments}) {{ seq }} }}")
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", [path])
