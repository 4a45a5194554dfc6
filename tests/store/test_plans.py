"""What a check-in asks touches what it asks for, and no table as a whole: also by plans made of empty tables."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest

from okr_api.store import loading, tables, unit_of_work
from okr_api.store.rows import Postgres, update_statement
from okr_api.store.saving import table_of
from tests.acme import MORE_OBJECTIVES, Acme

MANY, ASKED, TOUCHED = 5_000, 100, 1_500  # rows that there are, that are asked for, and that may be touched
PARENTS = 50
EDGES_BENEATH = """
    insert into alignment (organization_id, child_id, parent_id, parent_objective_id, kind, weight)
    select organization_id, ids[number], ids[number % $2 + 1], ids[number % $2 + 1], 'CONTRIBUTES', 1
    from (
        select organization_id, array_agg(id) ids from objective
        where external_id is null and title = (select title from objective where id = $1)
        group by 1
    ) made, generate_series($2 + 1, cardinality(ids)) number
"""
KEYS = """
    insert into idempotency (organization_id, owner, key, input_hash, seq, outcome, recorded_at)
    select $1, 'somebody', number::text, '', 1, '{}', now() from generate_series(1, $2) number
"""
ONES = "{" + ",".join("1" for _ in range(ASKED)) + "}"
KEYS_ASKED = "{" + ",".join(str(number) for number in range(1, ASKED + 1)) + "}"
OWNERS = "{" + ",".join(["somebody"] * ASKED) + "}"

# Each statement with what is asked of it, as text; `:org`, `:ids` and `:rows` are put in.
ASKING = {
    "the way upwards": (loading.ABOVE, (":org", ":ids", "{}")),
    "edges": (loading.EDGES, (":org", ":ids", "{}")),
    "key results": (loading.KEY_RESULTS, (":org", ":ids")),
    "objectives": (loading.OBJECTIVES, (":org", ":ids")),
    "readings": (loading.DECIDING, (":org", ":ids", ONES, ONES.replace("1", "2030-01-01"))),
    "keys used": (unit_of_work.NOW_AND_KNOWN, (":org", OWNERS, KEYS_ASKED, "7 days")),
    "numbers saved": (update_statement(table_of(tables.ObjectiveRow), ("progress",)), (":rows",)),
}


async def crowd(acme: Acme, connection: Postgres) -> list[UUID]:
    """Thousands of objectives beneath fifty, and as many keys used; the ids of some that have a parent."""
    top = acme.customers_stay
    await connection.execute(
        "set local enable_hashjoin to on"
    )  # what makes the crowd asks for no rows by key
    await connection.execute(MORE_OBJECTIVES, top, MANY)
    await connection.execute(EDGES_BENEATH, top, PARENTS)
    await connection.execute(KEYS, acme.organization.id, MANY)
    rows = await connection.fetch(f"select child_id from alignment order by child_id desc limit {ASKED}")
    return [row["child_id"] for row in rows]


def touched(plan: dict[str, Any]) -> int:
    """The rows that were looked at on the way, those that were thrown away included."""
    here = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(here if "Relation Name" in plan else 0) + sum(map(touched, plan.get("Plans", ())))


def execution(acme: Acme, name: str, ids: Sequence[UUID]) -> str:
    """The statement that executes a prepared one, about those objectives."""
    values = {
        ":org": str(acme.organization.id),
        ":rows": orjson.dumps(
            [{"organization_id": acme.organization.id, "id": str(id), "progress": 0.5} for id in ids]
        ).decode(),
        ":ids": "{" + ",".join(map(str, ids)) + "}",
    }
    given = ", ".join(f"'{values.get(value, value)}'" for value in ASKING[name][1])
    return f'execute "{name}"({given})'


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize("planned", ("while empty", "analysed", "never analysed"))
async def test_what_is_asked_while_writing_touches_little_more_than_it_names(
    acme: Acme, name: str, planned: str
):
    async with acme.database.writing(acme.organization.id) as connection:
        await connection.execute(f'prepare "{name}" as {ASKING[name][0]}')
        if planned == "while empty":
            await connection.execute(execution(acme, name, [acme.customers_stay] * ASKED))
        ids = await crowd(acme, connection)
        if planned == "analysed":
            await connection.execute("analyze")
        [row] = await connection.fetch(f"explain (analyze, format json) {execution(acme, name, ids)}")
        [found] = orjson.loads(row["QUERY PLAN"])
    assert touched(found["Plan"]) <= TOUCHED


async def test_a_large_work_is_planned_anew_and_the_next_is_not(acme: Acme):
    said = []
    for large in (True, False):
        async with unit_of_work.unit_of_work(acme.database, acme.organization.id, planned_anew=large) as work:
            said.append(
                [
                    await work.connection.fetchval(f"show {name}")
                    for name in ("plan_cache_mode", "enable_hashjoin")
                ]
            )
    assert said == [["force_custom_plan", "on"], ["force_generic_plan", "off"]]
