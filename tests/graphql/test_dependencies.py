"""Dependencies as both sides read them; a giving side that a viewer cannot see reads as null."""

from typing import Any

import pytest

from tests.graphql.conftest import Stage

SIDES = "givingObjective { externalId } givingKeyResult { externalId }"


@pytest.fixture(scope="module")
async def needed(stage: Stage) -> Stage:
    """Add what `never_down` and its key result need, one thing of which the draft `perhaps` is to give."""
    for name, needing, giving in (
        ("of_draft", {"objective": "never_down"}, {"objective": "perhaps"}),
        ("of_part_of_draft", {"keyResult": "uptime"}, {"keyResult": "tries"}),
        ("of_public", {"keyResult": "uptime"}, {"objective": "answer_fast"}),
    ):
        refs = [{kind: {"externalId": of} for kind, of in side.items()} for side in (needing, giving)]
        await stage.client.do(
            "dependencyCreate",
            needing=refs[0],
            giving=refs[1],
            givingTeam={"externalId": "support"},
            description=name,
            owner={"externalId": "ben"},
            externalId=name,
        )
    return stage


async def test_a_hidden_giving_side_reads_as_null(needed: Stage):
    for name, whole, hidden in (
        ("of_draft", ("perhaps", None), (None, None)),
        ("of_part_of_draft", ("perhaps", "tries"), (None, None)),
        ("of_public", ("answer_fast", None), ("answer_fast", None)),
    ):
        for client, expected in ((needed.client, whole), (needed.reader, hidden)):
            found = await client.one(f'{{ dependency(externalId: "{name}") {{ {SIDES} }} }}')
            given = [found["givingObjective"], found["givingKeyResult"]]
            assert tuple(each and each["externalId"] for each in given) == expected


async def names(stage: Stage, query: str, *, reads: bool = False) -> list[str]:
    """Return the external ids of the dependencies in a page that a query has at some depth."""
    found: Any = await (stage.reader if reads else stage.client).one(query)
    while "nodes" not in found:
        [found] = found.values()
    return [node["externalId"] for node in found["nodes"]]


async def test_both_sides_list_what_is_needed(needed: Stage):
    page = "{ nodes { externalId } }"
    assert await names(needed, f'{{ objective(externalId: "never_down") {{ dependencies {page} }} }}') == [
        "handover",
        "of_draft",
    ]
    assert await names(needed, f'{{ keyResult(externalId: "uptime") {{ dependencies {page} }} }}') == [
        "of_part_of_draft",
        "of_public",
    ]
    assert await names(needed, f'{{ person(externalId: "ben") {{ dependencies {page} }} }}') == [
        "of_draft",
        "of_part_of_draft",
        "of_public",
    ]
    every = ["handover", "of_draft", "of_part_of_draft", "of_public"]
    for team, side, expected in (
        ("support", "", every),
        ("support", "(side: GIVING)", every),
        ("support", "(side: NEEDING)", []),
        ("platform", "(side: NEEDING)", every),
        ("platform", "", []),
    ):
        query = f'{{ team(externalId: "{team}") {{ dependencies{side} {page} }} }}'
        assert await names(needed, query) == expected


async def test_a_list_is_filtered_by_either_side_without_telling_what_is_hidden(needed: Stage):
    def listed(filter: str) -> str:
        return f"{{ dependencies(filter: {{ {filter} }}) {{ nodes {{ externalId }} }} }}"

    draft, none = 'givingObjective: { externalId: "perhaps" }', "givingObjective: { isNull: true }"
    assert await names(needed, listed(draft)) == ["of_draft", "of_part_of_draft"]
    assert await names(needed, listed(draft), reads=True) == []
    assert await names(needed, listed(none)) == ["handover"]
    assert await names(needed, listed(none), reads=True) == ["handover", "of_draft", "of_part_of_draft"]
    whole = 'needingObjective: { externalId: "never_down" }'
    assert len(await names(needed, listed(whole))) == 4
    assert await names(needed, listed('needingKeyResult: { externalId: "uptime" }')) == [
        "of_part_of_draft",
        "of_public",
    ]
    assert len(await names(needed, listed('needingTeam: { externalId: "platform" }'))) == 4
