"""Cascades of whole random organisations: every path, double count, summary and narrowed tree is as the naive
reader answers it.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.conftest import Server
from tests.query_engine.conftest import Tenants, tenants_in
from tests.query_engine.executors import told_by_compiled
from tests.query_engine.law import State, fault_in
from tests.query_engine.random_world import Sizes

STEP = "share hiddenCount node { __typename id title ... on Objective { status } }"
PATHS = f"paths(to: $to) {{ totalShare pathCount ancestor {{ id }} paths {{ share steps {{ {STEP} }} }} }}"
PARTS = "parts { share pathCount node { __typename id } }"
DOUBLE = f"kind totalShare pathCount partCount hiddenPartCount ancestor {{ id }} objective {{ id }} metric {{ id }} {PARTS}"
EASED = "keyResult { id } revision { at reason eased actor { name person { id } } before { targetValue } }"
CYCLES = f"""{{ cycles(first: 100) {{ nodes {{
    doubleCounts {{ totalCount hiddenCount nodes {{ {DOUBLE} }} }}
    easedTargets {{ totalCount hiddenCount nodes {{ {EASED} }} }}
}} }} }}"""
SCORES = "tenths redCount yellowCount greenCount scoredCount notMeasuredCount atOneCount atOneShare tooSafe"
OUTCOMES = "objectiveCount metCount missedCount notMeasuredCount"
NUMBERS = f"""
    objectiveCount learningCount coverage
    objectiveScores {{ {SCORES} }} keyResultScores {{ {SCORES} }}
    committed {{ {OUTCOMES} }} aspirational {{ {OUTCOMES} meanScore }}
    easedTargets {{ keyResultCount meanScore meanOriginalScore }} guardRails {{ guardRailCount brokenCount }}
"""
SUMMARIES = f"""{{ cycles(first: 50) {{ nodes {{ summary {{
    {NUMBERS} alignedCount alignedShare byTeam {{ team {{ id }} {NUMBERS} }} hiddenTeamCount
    celebrations(first: 100) {{ totalCount nodes {{ id celebration }} }}
    lessons(first: 100) {{ totalCount nodes {{ id title }} }}
}} }} }} }}"""
COUNTS = "{ objectives(first: 100) { nodes { id descendantCount } } }"
TO_ONE = f"""query ($to: ID!) {{
    objectives(first: 100) {{ nodes {{ {PATHS} }} }} keyResults(first: 100) {{ nodes {{ {PATHS} }} }}
}}"""


ASKERS = (0, 4, -1)  # a service, a person, one who sees all
SIZES = (
    Sizes(objectives=30, key_results=40, cycles=3, counting=0.8, drafts=0.3, metrics=4),
    Sizes(objectives=24, key_results=30, cycles=1, counting=0.9, most_parents=4, metrics=3),
    Sizes(),
)


@pytest.fixture(scope="module")
async def tenants(server: Server, template: str) -> AsyncIterator[Tenants]:
    """Yield random organisations in which most nodes count in those above them."""
    async with tenants_in(server, template, SIZES) as made:
        yield made


async def answers(tenants: Tenants, text: str, variables: Any = lambda tables, place: [{}]) -> list[Any]:
    """Return the data of a query for some actors of every organisation; each is right.

    `variables` are by the rows of an organisation and the place of the actor.
    """
    found = []
    for tenant in tenants.each:
        state = State(tenant.tables, tenant.seq, tenant.oldest_seq)
        for place, one in enumerate(ASKERS):
            asker = tenant.askers[one]
            for given in variables(tenant.tables, place):
                told = await told_by_compiled(tenants.app_services, asker, text, given)
                fault = fault_in(told, state, asker, text, given)
                assert not fault, (fault, given)
                found.append(told.data)
    return found


def nodes(found: list[Any], name: str) -> list[Any]:
    return [node for data in found for node in data[name]["nodes"]]


async def test_paths_from_everywhere_to_every_objective(tenants: Tenants):
    def every(tables: Any, place: int) -> list[Any]:
        rows = tables["Objective"][place :: len(ASKERS)]
        return [{"to": encode_id(NodeType.OBJECTIVE, row["id"])} for row in rows]

    found = await answers(tenants, TO_ONE, every)
    paths = [node["paths"] for name in ("objectives", "keyResults") for node in nodes(found, name)]
    known = [one for one in paths if one]
    assert len(known) < len(paths)  # some are to drafts that the actor does not see
    assert {min(one["pathCount"], 2) for one in known} == {0, 1, 2}
    steps = [path["steps"] for one in known for path in one["paths"]]
    assert max(map(len, steps)) > 2
    assert any(step["hiddenCount"] for each in steps for step in each)


async def test_double_counts_and_eased_targets_of_every_cycle(tenants: Tenants):
    cycles = nodes(await answers(tenants, CYCLES), "cycles")
    kinds = {double["kind"] for cycle in cycles for double in cycle["doubleCounts"]["nodes"]}
    assert kinds == {"SEVERAL_PATHS", "SHARED_METRIC"}
    assert any(cycle["easedTargets"]["nodes"] for cycle in cycles)


async def test_the_summary_of_every_cycle(tenants: Tenants):
    found = [cycle["summary"] for cycle in nodes(await answers(tenants, SUMMARIES), "cycles")]
    told = [summary for summary in found if summary]
    assert None in found
    assert any(summary["hiddenTeamCount"] for summary in told)
    assert any(one["team"] is None for summary in told for one in summary["byTeam"])
    assert any(summary["aspirational"]["metCount"] for summary in told)
    assert any(summary["committed"]["missedCount"] for summary in told)
    assert any(summary["easedTargets"]["meanScore"] is not None for summary in told)
    assert any(summary["guardRails"]["brokenCount"] for summary in told)
    assert any(summary["celebrations"]["nodes"] for summary in told)
    assert any(summary["lessons"]["nodes"] for summary in told)


async def test_the_number_of_objectives_below_every_one(tenants: Tenants):
    counts = [node["descendantCount"] for node in nodes(await answers(tenants, COUNTS), "objectives")]
    assert min(counts) == 0
    assert max(counts) > 5


async def test_every_tree_of_a_team_a_person_and_a_priority_with_and_without_a_cycle(tenants: Tenants):
    of = {"team": NodeType.TEAM, "person": NodeType.PERSON, "priority": NodeType.PRIORITY}
    text = """query ($cycle: ID, $team: ID, $person: ID, $priority: ID, $below: Boolean!) {
        objectiveTree(
            cycleId: $cycle, teamId: $team, personId: $person, priorityId: $priority, includeSubteams: $below
        ) { roots { id } rows { depth parentIds objective { id } } }
    }"""

    def every(tables: Any, _: int) -> list[Any]:
        cycles = [None, *(encode_id(NodeType.CYCLE, row["id"]) for row in tables["Cycle"][:1])]
        return [
            {"cycle": cycle, name: encode_id(node_type, row["id"]), "below": below}
            for name, node_type in of.items()
            for row in tables[name.capitalize()]
            for cycle in cycles
            for below in ((False, True) if name == "team" else (False,))
        ]

    found = [data["objectiveTree"] for data in await answers(tenants, text, every)]
    assert all(found)
    assert any(len(row["parentIds"]) > 1 for tree in found for row in tree["rows"])
    assert any(row["depth"] > 2 for tree in found for row in tree["rows"])
