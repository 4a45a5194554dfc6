"""Reads of the past and simulations in organisations as large as they may be: limits, time, the event loop."""

from okr_api.query_engine.global_ids import encode_id
from okr_api.store.past_rows import MAX_PAST_CHECK_INS, MAX_PAST_NODES
from tests.acme import Acme
from tests.graphql.past_questions import services_of
from tests.graphql.test_large_work import COPIES
from tests.loop_blocks import loop_blocks
from tests.query_engine.executors import told_by_compiled

PER_OBJECTIVE = 7  # nodes: an objective with six key results
CHECK_INS = """
    insert into check_in select made.* from (select * from check_in limit 1) old
    join lateral (
        select id, row_number() over (order by id) as number from key_result where organization_id = $1
    ) part on true
    join lateral generate_series(1, $2) number on true
    cross join lateral jsonb_populate_record(old, jsonb_build_object(
        'id', gen_random_uuid(), 'external_id', null, 'key_result_id', part.id,
        'effective_at', old.effective_at - number * interval '1 minute')) made
    limit $3
"""
VERSIONS = """
    insert into person_version select made.* from (select * from person_version limit 1) old
    cross join lateral generate_series(1, $1) number
    cross join lateral jsonb_populate_record(old, jsonb_build_object('seq', 1000 + number)) made
"""
COUNTS = """
    select (select count(*) from objective) + (select count(*) from key_result) as nodes,
        (select count(*) from check_in) as check_ins
"""
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


async def test_a_large_past_is_rebuilt_without_blocking_anybody(acme: Acme):
    import time

    await grow(acme)
    services = await services_of(acme)
    variables = {"id": encode_id("CYCLE", acme.quarter), "at": None}
    print(await acme.fetch(COUNTS))
    t = time.perf_counter()
    c = time.process_time()
    told = await told_by_compiled(services, acme.actor, TREE, variables)
    print("present", time.perf_counter() - t, time.process_time() - c)
    for _ in range(3):
        with loop_blocks() as blocks:
            t = time.perf_counter()
            c = time.process_time()
            then = await told_by_compiled(
                services, acme.actor, TREE, variables | {"at": told.now.isoformat()}
            )
            print("past", time.perf_counter() - t, time.process_time() - c, blocks.longest)
    assert not then.errors, then.errors
    for _ in range(3):
        with loop_blocks() as blocks:
            t = time.perf_counter()
            c = time.process_time()
            would = await told_by_compiled(services, acme.actor, SIMULATE, {})
            print("simulated", time.perf_counter() - t, time.process_time() - c, blocks.longest)
    assert not would.errors, would.errors
