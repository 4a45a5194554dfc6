"""A cycle of 1,000 objectives is rolled over in under five seconds, and does not hold the loop."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from time import perf_counter

import pytest

from bench.organization import Sizes
from okr_api.services import recompute
from tests.conftest import Server as Postgres
from tests.graphql.test_large_mutations import MAX_LOADED_BLOCK_S, Large, filled_with, serving_large
from tests.loop_blocks import loop_blocks

OBJECTIVES = 1_000
MAX_ROLL_OVER_S = 5.0
ATTEMPTS = 3
REVIEWED = """
    insert into review_record (organization_id, id, objective_id, decision, decision_reason, version, removed)
    select organization_id, gen_random_uuid(), id, 'KEEP', 'Half is not all', 1, false from objective
"""
SELECTED = """
    seq objectives { outcome objective { id } successor { state } keyResults { outcome successor { id } } }
"""


@pytest.fixture(scope="module")
async def filled(server: Postgres) -> AsyncIterator[str]:
    """Create a database with an organisation of 1,000 objectives; yield its name."""
    async with filled_with(server, Sizes(OBJECTIVES, 3_500, 7_000, people=50)) as name:
        yield name


@pytest.fixture
async def large(server: Postgres, filled: str) -> AsyncIterator[Large]:
    """Serve a copy of that database, with a review of each objective."""
    async with serving_large(server, filled) as large:
        async with large.database.across() as connection:
            await connection.execute(REVIEWED)
        yield large


async def test_a_thousand_objectives_go_on_without_holding_the_loop(large: Large):
    [cycle] = (await large.client.ask("{ cycles { nodes { startsOn endsOn } } }"))["cycles"]["nodes"]
    last = date.fromisoformat(cycle["endsOn"])
    days = {"startsOn": cycle["endsOn"], "endsOn": str(last + timedelta(days=90))}
    took, blocked = [], []
    for attempt in range(ATTEMPTS):
        name = f"later-{attempt}"
        await large.client.do("cycleCreate", "seq", name=name, externalId=name, **days)
        given = {"fromCycle": {"id": large.cycle}, "toCycle": {"externalId": name}}
        began = perf_counter()
        with loop_blocks() as blocks:
            done = await large.client.do("cycleRollOver", SELECTED, **given)
        took.append(perf_counter() - began)
        blocked.append(blocks.longest)
        outcomes = [each["outcome"] for each in done["objectives"]]
        assert outcomes == ["ALREADY_CARRIED" if attempt else "CARRIED"] * OBJECTIVES
        if not attempt:
            made = [part for each in done["objectives"] for part in each["keyResults"] if part["successor"]]
            assert len(made) > 3 * OBJECTIVES / 2
            assert {each["successor"]["state"] for each in done["objectives"]} == {"DRAFT"}
    assert took[0] < MAX_ROLL_OVER_S
    assert blocked[0].seconds < MAX_LOADED_BLOCK_S, blocked[0]
    assert min(blocked[1:]).seconds < MAX_LOADED_BLOCK_S, blocked
    assert await recompute.verify(large.database, large.organization) == []
