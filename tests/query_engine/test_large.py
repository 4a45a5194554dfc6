"""Large responses: rows are read in sets, whatever their number, and no read grows exponentially."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.auth.tokens import TokenStore
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.deadline import OperationState
from okr_api.graphql.schema import schema
from okr_api.okr.entity import NodeType
from okr_api.okr.people import Organization
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.query_engine.global_ids import encode_id
from okr_api.services.bootstrap import found_organization
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import MutationRunner
from okr_api.store import tables
from okr_api.store.bulk_insert import copy_rows
from okr_api.store.change_nodes import repair_listing
from okr_api.store.database import Database, new_id
from okr_api.store.tables import metadata, table_of
from tests.query_engine.executors import EXECUTORS, Watched
from tests.query_engine.random_world import RandomWorld, Sizes

GENEROUS_S = 30.0


@dataclass(frozen=True)
class LargeOrganization:
    """An organisation whose rows are written by the thousand."""

    app_services: AppServices
    organization: Organization
    actor: Actor
    rows: RandomWorld
    cycle: UUID

    async def objectives(self, count: int) -> list[UUID]:
        """Insert published objectives; return their ids in order."""
        made = []
        for _ in range(count):
            row = self.rows._objective([self.cycle], [], [])
            made.append({"organization_id": self.organization.id, "id": new_id(), "external_id": None, "version": 1, "cadence": None, **row, "state": "PUBLISHED", "is_dropped_draft": False})  # fmt: skip
        await self._append(tables.ObjectiveRow, made)
        return [row["id"] for row in made]

    async def edges(self, pairs: Sequence[tuple[UUID, UUID]]) -> None:
        """Insert alignments from (child, parent) pairs."""
        made = [
            {
                "organization_id": self.organization.id,
                "child_id": child,
                "parent_id": parent,
                "parent_objective_id": parent,
                "parent_key_result_id": None,
                "kind": "CONTRIBUTES",
                "weight": 1.0,
            }
            for child, parent in pairs
        ]
        await self._append(tables.AlignmentRow, made)

    async def _append(self, table: type[Any], rows: Sequence[dict[str, Any]]) -> None:
        async with self.app_services.database.writing(self.organization.id) as connection:
            await copy_rows(connection, table_of(table), rows, {})
        async with self.app_services.database.across() as connection:
            await connection.execute(f"analyze {table.__tablename__}")  # as autovacuum does within a minute

    async def ask(self, query: str, **variables: Any) -> Any:
        """Return the value of the only root field, which all executors return alike and in time."""
        answers = []
        for execute in EXECUTORS.values():
            async with asyncio.timeout(GENEROUS_S):
                data, _ = await execute(self.app_services, self.actor, query, variables)
            answers.append(data)
        assert all(answer == answers[0] for answer in answers)
        [value] = answers[0].values()
        return value


@pytest.fixture
async def large_organization(database: Database) -> LargeOrganization:
    """Return an organisation with one cycle."""
    notifier, tokens = ChangeNotifier(database), TokenStore(database)
    mutation_runner = MutationRunner(database, notifier)
    services = AppServices(
        database, mutation_runner, GroupCommit(mutation_runner), ChangeStream(database, notifier), tokens
    )
    organization = await found_organization(database, name="Large", zone="UTC")
    actor = await tokens.actor(await tokens.create(organization.id, name="tests", scopes=[Scope.READ]))
    assert actor is not None
    rows = RandomWorld(organization, 1, Sizes())
    cycle = {
        "organization_id": organization.id,
        "id": new_id(),
        "external_id": None,
        "version": 1,
        **rows._cycle(),
    }
    large_organization = LargeOrganization(services, organization, actor, rows, cycle["id"])
    await large_organization._append(tables.CycleRow, [cycle | {"parent_id": None}])
    return large_organization


TREE = "query ($c: ID, $r: ID, $d: Int) { objectiveTree(cycleId: $c, rootId: $r, depth: $d) { roots { id } rows { depth parentIds objective { title state } } } }"


async def test_a_flat_tree_of_10_000_objectives_answers(large_organization: LargeOrganization):
    ids = await large_organization.objectives(10_000)
    await large_organization.edges([(id, ids[(number - 1) // 10]) for number, id in enumerate(ids) if number])
    tree = await large_organization.ask(TREE, c=encode_id(NodeType.CYCLE, large_organization.cycle))
    assert len(tree["rows"]) == 10_000
    assert tree["roots"] == [{"id": encode_id(NodeType.OBJECTIVE, ids[0])}]
    assert max(row["depth"] for row in tree["rows"]) == 4


async def test_a_chain_1_000_deep_answers(large_organization: LargeOrganization):
    ids = await large_organization.objectives(1_000)
    await large_organization.edges([(below, above) for above, below in pairwise(ids)])
    root = encode_id(NodeType.OBJECTIVE, ids[0])
    tree = await large_organization.ask(TREE, r=root)
    assert [row["depth"] for row in tree["rows"]] == list(range(1_000))
    assert len((await large_organization.ask(TREE, r=root, d=10))["rows"]) == 11


async def test_a_lattice_of_diamonds_does_not_explode(large_organization: LargeOrganization):
    # A top, and 20 levels of two, each below both of the level above.
    ids = await large_organization.objectives(41)
    levels = [ids[:1], *(ids[1 + 2 * level : 3 + 2 * level] for level in range(20))]
    await large_organization.edges(
        [(b, a) for above, below in pairwise(levels) for a in above for b in below]
    )
    tree = await large_organization.ask(TREE, r=encode_id(NodeType.OBJECTIVE, ids[0]))
    assert len(tree["rows"]) == 41
    assert sorted(row["depth"] for row in tree["rows"]) == [0, *sorted([*range(1, 21)] * 2)]


async def test_shared_children_are_read_once_however_many_paths_lead_there(
    large_organization: LargeOrganization,
):
    ids = await large_organization.objectives(21)
    levels = [ids[:1], *(ids[1 + 2 * level : 3 + 2 * level] for level in range(10))]
    await large_organization.edges(
        [(b, a) for above, below in pairwise(levels) for a in above for b in below]
    )
    nested = "id"
    for _ in range(10):
        nested = f"id children {{ {nested} }}"
    tree = await large_organization.ask(
        f"query ($r: ID) {{ objective(id: $r) {{ {nested} }} }}",
        r=encode_id(NodeType.OBJECTIVE, ids[0]),
    )
    here, paths = [tree], 1
    for _ in range(10):
        here = [child for one in here for child in one["children"]]
        paths *= 2
    assert len(here) == paths == 1024


WIDE = """
    query ($c: ID) {
        objectives(first: 100) {
            totalCount
            nodes {
                title createdAt owner { name objectives(first: 2) { totalCount nodes { title } } }
                contributors { name } cycle { name children { name } }
                team { name parent { name } children { name } objectives(first: 2, filter: { isOrphan: true }) { nodes { title } } }
                ancestors { title } checkIns(first: 2, orderBy: { field: RECORDED_AT }) { totalCount nodes { value } }
                parents { weight parent { __typename ... on Objective { title } ... on KeyResult { title } } }
                children { title keyResults { title } } partsByStatus { status count } worstPart
                keyResults {
                    title owner { name keyResults(first: 2) { nodes { title } } } alignedObjectives { title } latestCheckIn { value author { name person { name } } }
                    checkIns(first: 2) { totalCount nodes { value supersedes { value } supersededBy { value } } }
                }
            }
        }
        objectiveTree(cycleId: $c) { rows { objective { title parents { weight } } } }
        keyResults(first: 100) { nodes { objective { title } } }
        changes(after: 0) { nodes { node { id } deltas { node { id } } actor { person { name } } } }
    }
"""

STRATEGY = """
    query ($c: ID) {
        objectives(first: 100) { nodes { title priorities { title owner { name } } servedPriorities { title } } }
        priorities(first: 100) { nodes { title progress(cycleId: $c) objectives(first: 2, cycleId: $c) { totalCount nodes { title } } } }
        cycles { nodes { alignment {
            share unaligned(first: 2) { totalCount nodes { title } }
            prioritiesWithoutObjectives(first: 2) { totalCount nodes { title } } teamsWithoutObjectives(first: 2) { totalCount nodes { name } }
        } } }
    }
"""
ACTIVITY = """
    query ($c: ID!) {
        cycle(id: $c) { objectives(first: 100) { nodes { activity(first: 3) { nodes { summary } } } } }
        keyResults(first: 100) { nodes { activity(last: 3) { edges { cursor node { summary } } } } }
        teams { nodes { activity(first: 3, isDirect: true) { nodes { summary node { id } } } } }
        people { nodes { activity(first: 3) { nodes { summary actor { name } } } } }
    }
"""


@pytest.mark.parametrize(
    ("text", "most", "least_rows"), ((WIDE, 60, 200), (STRATEGY, 20, 20), (ACTIVITY, 80, 60))
)
async def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    text: str, most: int, least_rows: int, database: Database
):
    notifier, tokens = ChangeNotifier(database), TokenStore(database)
    mutation_runner = MutationRunner(database, notifier)
    services = AppServices(
        database, mutation_runner, GroupCommit(mutation_runner), ChangeStream(database, notifier), tokens
    )
    counted = []
    for seed, factor in enumerate((1, 4)):
        organization = await found_organization(database, name=f"Tenant {factor}", zone="UTC")
        actor = await tokens.actor(await tokens.create(organization.id, name="tests", scopes=[Scope.READ]))
        assert actor is not None
        sizes = Sizes(
            5 * factor, 4 * factor, 3, 24 * factor, 36 * factor, 120 * factor, 30 * factor, priorities=8 * factor
        )  # fmt: skip
        world = RandomWorld(organization, seed, sizes)
        rows = world.made()
        async with database.writing(organization.id) as connection:
            for table, some in rows.items():
                await copy_rows(connection, metadata.tables[table], some, {})
            await repair_listing(connection, organization.id)
            await connection.execute(
                "update feed_head set seq = $2 where organization_id = $1", organization.id, sizes.changes
            )
        cycle = encode_id(NodeType.CYCLE, rows["cycle"][0]["id"])
        for execute in EXECUTORS.values():
            _, snapshot = await execute(services, actor, text, {"c": cycle})
            assert snapshot.rows > least_rows * factor
            counted.append(snapshot.statements)
    # Four times the rows: only a relation, or a type of changed nodes, that the small world lacks may need one more.
    assert all(large - small < len(NodeType) for small, large in zip(counted[:2], counted[2:], strict=True))
    assert max(counted) < most


async def test_an_answer_of_too_many_rows_is_refused(large_organization: LargeOrganization):
    ids = await large_organization.objectives(450)
    await large_organization.edges([(child, parent) for child in ids[225:] for parent in ids[:225]])
    tree = f'objectiveTree(cycleId: "{encode_id(NodeType.CYCLE, large_organization.cycle)}")'
    text = " ".join(
        f"a{number}: {tree} {{ rows {{ objective {{ children {{ id }} }} }} }}" for number in range(4)
    )
    slow = OperationState(ends_at=math.inf)
    context = Watched(large_organization.app_services, actor=large_organization.actor, operation_state=slow)
    result = await schema.execute(f"{{ {text} }}", context_value=context)
    assert result.errors
    assert {error.extensions["code"] for error in result.errors if error.extensions} == {"TOO_MANY"}
