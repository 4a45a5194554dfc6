"""Reads of the past and simulations in organisations as large as they may be: limits, time, the event loop."""

from datetime import UTC, datetime
from time import process_time

import pytest

from okr_api.query_engine.global_ids import encode_id
from okr_api.store.past_rows import MAX_PAST_CHECK_INS, MAX_PAST_NODES, MAX_PAST_VERSIONS
from okr_api.store.shadow_tables import VERSIONS as TABLES_OF_VERSIONS
from tests.acme import MORE_OBJECTIVES, Acme
from tests.graphql.past_questions import services_of
from tests.graphql.test_large_work import COPIES
from tests.loop_blocks import ATTEMPTS, MAX_BLOCK_S, least_block
from tests.query_engine.executors import told_by_compiled

PER_OBJECTIVE = 7  # nodes: an objective with six key results
CHECK_INS = """
    insert into check_in select made.* from (select * from check_in limit 1) old
    join lateral (
        select id from key_result where organization_id = $1
    ) part on true
    join lateral generate_series(1, $2::int) each(number) on true
    cross join lateral jsonb_populate_record(old::check_in, jsonb_build_object(
        'id', gen_random_uuid(), 'external_id', null, 'key_result_id', part.id,
        'effective_at', old.effective_at - each.number * interval '1 minute')) made
    limit $3::bigint
"""
VERSIONS = """
    insert into person_version select made.* from (select * from person_version limit 1) old
    cross join lateral (select max(seq) as seq from person_version) latest
    cross join lateral generate_series(1, $1::int) number
    cross join lateral jsonb_populate_record(old::person_version, jsonb_build_object('seq', latest.seq + number)) made
"""
COUNTS = f"""
    select (select count(*) from objective) + (select count(*) from key_result) as nodes,
        (select count(*) from key_result) as key_results, (select count(*) from check_in) as check_ins,
        {" + ".join(f"(select count(*) from {name})" for name in TABLES_OF_VERSIONS)} as versions
"""
MAX_CPU_S = 5.0
AS_OF = "query ($at: DateTime) { objectives(asOf: $at) { totalCount } }"
TREE = """
    query ($id: ID, $at: DateTime) {
        objectiveTree(cycleId: $id, asOf: $at) { rows { depth objective { id progress keyResults { currentValue } } } }
    }
"""
SIMULATE = """
    query { simulate(changes: [{ checkInRecord: { keyResult: { externalId: "macros" }, value: 5 } }]) {
        results { errors { code } } deltas { progressAfter }
    } }
"""


async def execute(acme: Acme, statement: str, *values: object) -> None:
    """Execute a statement that writes past the service."""
    async with acme.database.writing(acme.organization.id) as connection:
        await connection.execute(statement, *values)


async def grow(acme: Acme) -> None:
    """Fill Acme with nearly as many nodes and check-ins as may be rebuilt."""
    await acme.check_in(acme.load, 50)
    [counts] = await acme.fetch(COUNTS)
    number = (MAX_PAST_NODES - counts["nodes"]) // PER_OBJECTIVE
    await execute(acme, COPIES, acme.never_down, number, acme.platform, acme.cem)
    [counts] = await acme.fetch(COUNTS)
    each, lacking = MAX_PAST_CHECK_INS // counts["nodes"] + 5, MAX_PAST_CHECK_INS - counts["check_ins"]
    await execute(acme, CHECK_INS, acme.organization.id, each, lacking)


async def test_a_large_organisation_is_rebuilt_without_blocking_anybody(acme: Acme):
    await grow(acme)
    services = await services_of(acme)
    variables = {"id": encode_id("CYCLE", acme.quarter), "at": None}
    told = await told_by_compiled(services, acme.actor, TREE, variables)
    as_of = variables | {"at": told.now.isoformat()}

    async def read_past() -> None:
        then = await told_by_compiled(services, acme.actor, TREE, as_of)
        assert not then.errors, then.errors
        assert len(then.data["objectiveTree"]["rows"]) == len(told.data["objectiveTree"]["rows"]) > 700

    async def simulate() -> None:
        would = await told_by_compiled(services, acme.actor, SIMULATE, {})
        assert not would.errors, would.errors
        assert would.data["simulate"]["results"] == [{"errors": []}]

    for work in (read_past, simulate):
        begun = process_time()
        block = await least_block(work)
        assert block.seconds < MAX_BLOCK_S, block
        assert process_time() - begun < ATTEMPTS * MAX_CPU_S


@pytest.mark.parametrize("what", ("objectives", "check-ins", "versions"))
async def test_an_organisation_that_is_too_large_is_not_rebuilt(acme: Acme, what: str):
    await acme.check_in(acme.load, 50)
    [counts] = await acme.fetch(COUNTS)
    lacking = {
        "objectives": MAX_PAST_NODES - counts["nodes"],
        "check-ins": MAX_PAST_CHECK_INS - counts["check_ins"],
        "versions": MAX_PAST_VERSIONS - counts["versions"],
    }[what]

    async def add(number: int) -> None:
        if what == "objectives":
            await acme.fetch(MORE_OBJECTIVES, acme.customers_stay, number)
        elif what == "check-ins":
            each = number // counts["key_results"] + 1
            await acme.fetch(CHECK_INS, acme.organization.id, each, number)
        else:
            await acme.fetch(VERSIONS, number)

    async def codes() -> list[str]:
        services, found = await services_of(acme), []
        for query in (AS_OF, SIMULATE):
            told = await told_by_compiled(
                services, acme.actor, query, {"at": datetime.now(UTC).isoformat()} if query is AS_OF else {}
            )
            found += [error["extensions"]["code"] for error in told.errors]
            assert all(what in error["message"] for error in told.errors)
        return found

    await add(lacking)
    assert await codes() == []
    await add(1)
    assert await codes() == ["TOO_MANY", "TOO_MANY"]
