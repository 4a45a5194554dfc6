"""Cascades of very many objectives: bounded answers, short steps, and no statement for each objective."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.double_counts import MAX_DOUBLE_COUNT_PARTS, MAX_DOUBLE_COUNTS
from okr_api.query_engine.eased_targets import MAX_EASED_TARGETS
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.progress_paths import MAX_COUNT, MAX_NODES_WITH_PATHS
from okr_api.scoring.paths import MAX_PATHS
from okr_api.services import metrics
from okr_api.services.references import Ref
from tests.acme import MORE_OBJECTIVES, Acme, increase
from tests.loop_blocks import MAX_BLOCK_S, least_block
from tests.serving import Client

COPIES = """
    insert into objective
    select made.* from objective copied, unnest($2::uuid[]) new(id), jsonb_populate_record(copied,
        jsonb_build_object('id', new.id, 'external_id', null)) made
    where copied.id = $1
"""
EDGES = """
    insert into alignment (organization_id, child_id, parent_id, parent_objective_id, kind, weight)
    select $1, edge.child, edge.parent, edge.parent, 'CONTRIBUTES', 1
    from unnest($2::uuid[], $3::uuid[]) edge(child, parent)
"""
MORE_KEY_RESULTS = MORE_OBJECTIVES.replace("objective", "key_result")
DOUBLE = """{ cycle(externalId: "large") { doubleCounts {
    totalCount nodes { kind totalShare pathCount partCount parts { share node { id } } }
} } }"""


def node(number: int) -> UUID:
    return UUID(int=(1 << 127) + number)


async def grow(acme: Acme, edges: Iterable[tuple[int, int]]) -> None:
    """Insert objectives by number, as copies of one without parts, and alignments; bypass the service."""
    pairs = list(edges)
    one = await acme.objective("One of many", cycle=await acme.cycle("Large", external_id="large"))
    ids = sorted({node(number) for pair in pairs for number in pair})
    await acme.fetch("update objective set progress = 0.5, progress_reason = null where id = $1", one)
    await acme.fetch(COPIES, one, ids)
    children, parents = [node(child) for child, _ in pairs], [node(parent) for _, parent in pairs]
    await acme.fetch(EDGES, acme.organization.id, children, parents)
    await acme.fetch("analyze objective")
    await acme.fetch("analyze alignment")


def diamonds(count: int) -> list[tuple[int, int]]:
    """Return diamonds on top of one another, each doubling the number of paths from 0 to `3 * count`."""
    return [
        edge
        for low in range(0, 3 * count, 3)
        for side in (low + 1, low + 2)
        for edge in ((low, side), (side, low + 3))
    ]


def objective_id(number: int) -> str:
    return encode_id(NodeType.OBJECTIVE, node(number))


async def test_more_paths_than_an_integer_holds_are_as_many_as_it_holds(client: Client, acme: Acme):
    await grow(acme, diamonds(32))
    ask = "query ($of: ID!, $to: ID!) { objective(id: $of) { paths(to: $to) { pathCount totalShare paths { share } } } }"
    for top, paths in ((30, 2**30), (31, MAX_COUNT), (32, MAX_COUNT)):
        found = (await client.one(ask, of=objective_id(0), to=objective_id(3 * top)))["paths"]
        assert (found["pathCount"], found["totalShare"]) == (paths, 1.0)
        assert [path["share"] for path in found["paths"]] == [0.5**top] * MAX_PATHS


async def test_paths_are_found_of_500_nodes_at_a_time(client: Client, acme: Acme):
    cycle = await acme.cycle("Large", external_id="large")
    one = await acme.objective("One of many", cycle=cycle)
    await acme.fetch(MORE_OBJECTIVES, one, MAX_NODES_WITH_PATHS - 1)
    await acme.fetch("update feed_head set plan_seq = plan_seq + 1")  # the rows are in no change
    ask = """{ objectiveTree(cycleExternalId: "large") {
        rows { objective { paths(toExternalId: "answer_fast") { totalShare } } }
    } }"""
    assert len((await client.one(ask))["rows"]) == MAX_NODES_WITH_PATHS
    await acme.objective("One more", cycle=cycle)
    assert (await client.problem(ask))["code"] == "TOO_MANY"


def wide() -> list[tuple[int, int]]:
    """Return 10,000 objectives under two parents each: a root, 100 beneath it, 900 and 9,000 beneath those."""
    tops = [(1 + place, 0) for place in range(100)]
    mids = [(101 + place, 1 + (place + side) % 100) for place in range(900) for side in (0, 1)]
    leaves = [(1_001 + place, 101 + (place + side) % 900) for place in range(9_000) for side in (0, 1)]
    return [*tops, *mids, *leaves]


async def test_double_counts_of_10_000_objectives_are_found_in_short_steps(client: Client, acme: Acme):
    await grow(acme, wide())
    found = (await client.one(DOUBLE))["doubleCounts"]
    # Each of 900 meets in the root. So does each of 9,000, and in the parent that its two have in common.
    assert found["totalCount"] == 900 + 2 * 9_000
    assert len(found["nodes"]) == MAX_DOUBLE_COUNTS
    block = await least_block(lambda: client.ask(DOUBLE))
    assert block.seconds < MAX_BLOCK_S, block


async def test_objectives_below_are_counted_in_a_tree_of_10_000(client: Client, acme: Acme):
    await grow(acme, wide())
    ask = "query ($id: ID!) { objective(id: $id) { descendantCount } }"
    assert (await client.one(ask, id=objective_id(0)))["descendantCount"] == 10_000
    tree = '{ objectiveTree(cycleExternalId: "large") { rows { objective { descendantCount } } } }'
    counts = [row["objective"]["descendantCount"] for row in (await client.one(tree))["rows"]]
    assert (len(counts), max(counts), counts.count(0)) == (10_002, 10_000, 9_001)
    block = await least_block(lambda: client.ask(tree))
    assert block.seconds < MAX_BLOCK_S, block


async def test_paths_in_a_tree_of_10_000_are_found_in_short_steps(client: Client, acme: Acme):
    await grow(acme, wide())
    ask = """query ($to: ID!) { objectives(last: 100, filter: { cycle: { externalId: "large" } }) {
        nodes { paths(to: $to) { totalShare pathCount paths { share steps { share node { id } } } } }
    } }"""
    nodes = (await client.one(ask, to=objective_id(0)))["nodes"]
    assert {one["paths"]["pathCount"] for one in nodes} == {4}
    block = await least_block(lambda: client.ask(ask, to=objective_id(0)))
    assert block.seconds < MAX_BLOCK_S, block


async def test_a_team_has_its_tree_among_10_000(client: Client, acme: Acme):
    await grow(acme, wide())
    await acme.fetch("update objective set team_id = $1 where right(id::text, 1) in ('1', '7')", acme.support)
    await acme.fetch("update feed_head set plan_seq = plan_seq + 1")  # the rows are in no change
    tree = (
        '{ objectiveTree(cycleExternalId: "large", teamExternalId: "support") { rows { depth parentIds } } }'
    )
    rows = (await client.one(tree))["rows"]
    assert 1_000 < len(rows) < 2_000
    assert {row["depth"] for row in rows} == {0, 1, 2}

    async def anew() -> Any:
        await acme.fetch("update feed_head set plan_seq = plan_seq + 1")
        return await client.ask(tree)

    block = await least_block(anew)
    assert block.seconds < MAX_BLOCK_S, block


async def test_so_many_double_counts_and_parts_of_one_are_listed(client: Client, acme: Acme):
    await grow(acme, [edge for low in range(0, 4 * (MAX_DOUBLE_COUNTS + 1), 4) for edge in _diamond(low)])
    counts = (await client.one(DOUBLE))["doubleCounts"]
    assert (counts["totalCount"], len(counts["nodes"])) == (MAX_DOUBLE_COUNTS + 1, MAX_DOUBLE_COUNTS)
    await acme.done(metrics.add_metric, name="Open tickets", external_id="tickets")
    await acme.objective("Small", cycle=await acme.cycle("Small", external_id="small"), external_id="small")
    one = await acme.key_result("One", "small", increase(), metric=Ref(external_id="tickets"))
    await acme.fetch(MORE_KEY_RESULTS, one, MAX_DOUBLE_COUNT_PARTS)
    [shared] = (await client.one(DOUBLE.replace("large", "small")))["doubleCounts"]["nodes"]
    assert (shared["partCount"], len(shared["parts"])) == (MAX_DOUBLE_COUNT_PARTS + 1, MAX_DOUBLE_COUNT_PARTS)
    assert shared["totalShare"] == pytest.approx(1.0)


def _diamond(low: int) -> list[tuple[int, int]]:
    return [(low, low + 1), (low, low + 2), (low + 1, low + 3), (low + 2, low + 3)]


async def test_so_many_eased_targets_are_listed(client: Client, acme: Acme):
    ask = '{ cycle(externalId: "quarter") { easedTargets { totalCount nodes { revision { reason } } } } }'

    def revisions(count: int, month: int) -> str:
        made = [
            {
                "at": f"2026-{month:02}-01T00:{number // 60:02}:{number % 60:02}+00:00",
                "author_name": "Ann",
                "author_person_id": None,
                "reason": f"{month}: {number}",
                "before": {},
                "after": {},
                "eased": True,
            }
            for number in range(count)
        ]
        return orjson.dumps(made).decode()

    for name, count, month in (("macros", MAX_EASED_TARGETS, 1), ("backlog", 1, 2)):
        await acme.fetch(
            "update key_result set target_revisions = ($2::text)::jsonb where external_id = $1",
            name,
            revisions(count, month),
        )
    found = (await client.one(ask))["easedTargets"]
    reasons = [one["revision"]["reason"] for one in found["nodes"]]
    assert found["totalCount"] == MAX_EASED_TARGETS + 1
    assert reasons == ["2: 0", *(f"1: {number}" for number in range(MAX_EASED_TARGETS - 1, 0, -1))]
