"""The summary of a cycle with 10,000 objectives and as many check-ins: few statements, no blocked event loop."""

from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.check_in import ReportedStatus
from okr_api.query_engine.snapshot import Snapshot
from okr_api.services import cycles, organization
from tests.acme import TODAY, Acme, days_ago
from tests.graphql.test_cycle_summary import FOREVER, SUMMARY
from tests.graphql.test_large_work import COPIES, MANY_OBJECTIVES
from tests.loop_blocks import MAX_BLOCK_S, least_block
from tests.serving import Client

MAX_STATEMENTS = 30
WEEKLY = Cadence(weeks=1, weekday=list(Weekday)[TODAY.weekday()])
CHECK_INS = """
    insert into check_in
    select made.* from check_in said join key_result of on of.id = said.key_result_id
    join key_result part on part.title = of.title and part.id <> of.id
    cross join lateral jsonb_populate_record(said, jsonb_build_object(
        'id', gen_random_uuid(), 'key_result_id', part.id)) made
    where of.title = 'Part'
"""
# Every tenth is a hundredth below the next one, and each has a score of its own.
VARIED = """
    update objective set final_score = (number % 1000) / 1000.0, final_floor = (number % 1000) / 1000.0,
        kind = case when number % 2 = 0 then 'ASPIRATIONAL' else 'COMMITTED' end
    from (select id, row_number() over (order by id) as number from objective where title = 'One of many') one
    where objective.id = one.id
"""
VARIED_PARTS = """
    update key_result set final_score = number / 100000.0
    from (select id, row_number() over (order by id) as number from key_result where title = 'Part') one
    where key_result.id = one.id
"""


async def test_a_cycle_of_10_000_objectives_is_summed_up_in_short_steps(
    client: Client, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    statements = list[str]()
    fetch = Snapshot.fetch

    async def counted(self: Snapshot, statement: str, *values: Any, **more: Any) -> Any:
        statements.append(statement)
        return await fetch(self, statement, *values, **more)

    monkeypatch.setattr(Snapshot, "fetch", counted)
    await acme.done(organization.edit_organization, edits={"cadence": WEEKLY}, scope=Scope.ADMIN)
    await acme.fetch(FOREVER, acme.organization.id)
    await acme.cycle("Large", external_id="large")
    one = await acme.objective("One of many", team="support", owner="ben")
    part = await acme.key_result("Part", one)
    await acme.fetch("update key_result set created_at = $2 where id = $1", part, days_ago(20))
    for days in (14, 7):
        await acme.check_in(part, 50, effective_at=days_ago(days), status=ReportedStatus.ON_TRACK)
    await acme.done(cycles.begin_review, cycle="large")
    statements.clear()
    assert (await client.one(SUMMARY, cycle="large"))["summary"]["rhythm"]["onTimeCount"] == 2
    few = len(statements)
    await acme.fetch(COPIES, one, MANY_OBJECTIVES - 1, acme.support, acme.ben)
    for statement in (CHECK_INS, VARIED, VARIED_PARTS, "analyze"):  # as autovacuum does within a minute
        await acme.fetch(statement)
    statements.clear()
    found = (await client.one(SUMMARY, cycle="large"))["summary"]
    assert 10 < len(statements) == few < MAX_STATEMENTS
    assert found["objectiveScores"]["tenths"] == [MANY_OBJECTIVES // 10] * 10
    assert found["keyResultScores"]["tenths"] == [MANY_OBJECTIVES - 1, 1, *[0] * 8]
    assert found["aspirational"]["meanScore"] == pytest.approx(0.499)
    assert found["committed"]["missedCount"] == MANY_OBJECTIVES // 2
    assert found["rhythm"]["onTimeCount"] == 2 * MANY_OBJECTIVES
    assert found["rhythm"]["onTimeShare"] == 1
    block = await least_block(lambda: client.one(SUMMARY, cycle="large"))
    assert block.seconds < MAX_BLOCK_S, block
