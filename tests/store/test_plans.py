"""What a check-in asks touches what it asks for, and no table as a whole, analysed or not."""

from uuid import UUID

import pytest

from okr_api.store import loading, unit_of_work
from okr_api.store.saving import KEPT_FOR
from tests.acme import MORE_OBJECTIVES, Acme

MANY = 5_000
EDGES = """
    insert into alignment (organization_id, child_id, parent_id, parent_objective_id, kind, weight)
    select organization_id, id, $1, $1, 'CONTRIBUTES', 1 from objective
    where external_id is null and title = (select title from objective where id = $1) and id <> $1
"""
KEYS = """
    insert into idempotency (organization_id, owner, key, input_hash, seq, outcome, recorded_at)
    select $1, 'somebody', number::text, '', 1, '{}', now() from generate_series(1, $2) number
"""


async def plan_of(acme: Acme, statement: str, *values: object) -> str:
    """How PostgreSQL goes about it."""
    return "\n".join(row["QUERY PLAN"] for row in await acme.fetch(f"explain {statement}", *values))


@pytest.fixture(params=("analysed", "never analysed"))
async def crowded(acme: Acme, request: pytest.FixtureRequest) -> Acme:
    """Acme with thousands of objectives beneath one, and as many keys used."""
    top = acme.customers_stay
    await acme.fetch(MORE_OBJECTIVES, top, MANY)
    await acme.fetch(EDGES, top)
    await acme.fetch(KEYS, acme.organization.id, MANY)
    if request.param == "analysed":
        await acme.fetch("analyze")
    return acme


async def test_the_way_upwards_reads_no_table_as_a_whole(crowded: Acme):
    children: list[UUID] = [
        row["child_id"] for row in await crowded.fetch("select child_id from alignment limit 100")
    ]
    plan = await plan_of(crowded, loading.ABOVE, crowded.organization.id, children, [])
    assert "Recursive Union" in plan
    assert "Seq Scan on alignment" not in plan


async def test_a_key_is_found_among_many_without_reading_them(crowded: Acme):
    keys = [str(number) for number in range(100)]
    owners = ["somebody"] * len(keys)
    values = (crowded.organization.id, owners, keys, KEPT_FOR)
    assert len(await crowded.fetch(unit_of_work.NOW_AND_KNOWN, *values)) == 99
    plan = await plan_of(crowded, unit_of_work.NOW_AND_KNOWN, *values)
    assert "Seq Scan on idempotency" not in plan
