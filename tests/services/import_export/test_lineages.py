"""Lineages in files: what was carried over comes back with what it was carried over from; circles do not."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from okr_api.okr.cycle import CycleState
from okr_api.services import cycles, objectives, recompute
from okr_api.services.references import Ref
from okr_api.services.roll_over import roll_over
from okr_api.services.roll_over_items import RollOverItem
from tests.acme import TODAY, Acme, Workplace, increase
from tests.services.import_export.files import (
    bring,
    by_name,
    contents,
    exported,
    organization_of,
    quarter,
    told,
)


async def carry(acme: Acme, objective: str, earlier: str, later: str) -> str:
    """Carry an objective over, publish it, and return the external id that it gets."""
    items = [RollOverItem(Ref(external_id=objective))]
    cycle_refs: dict[str, Any] = {
        "from_cycle": Ref(external_id=earlier),
        "to_cycle": Ref(external_id=later),
    }
    outcome = await acme.do(roll_over, **cycle_refs, items=items)
    assert not outcome.errors
    [id] = [each["successor_id"] for each in outcome.entries if each["outcome"] == "CARRIED"]
    name = f"{objective}+"
    await acme.done(objectives.edit_objective, objective=UUID(id), edits={"external_id": name})
    await acme.done(objectives.publish_objective, objective=name)
    await acme.done(cycles.activate_cycle, cycle=later)
    return name


async def test_a_lineage_over_two_roll_overs_comes_back_byte_for_byte(acme: Acme, elsewhere: Workplace):
    for name, begin, end in (("second", 60, 99), ("third", 100, 149)):
        days: dict[str, Any] = {
            "starts_on": TODAY + timedelta(days=begin),
            "ends_on": TODAY + timedelta(days=end),
        }
        more: dict[str, Any] = {"parent": "year", "external_id": name, "state": CycleState.DRAFT}
        await acme.cycle(name, **days, **more)
    aim = await acme.objective("Aim", cycle="year")
    await acme.objective("Sell", under=aim, cycle="quarter", external_id="sell")
    sold = await acme.key_result("Sold", "sell", increase(0, 10))
    await acme.check_in(sold, 4)
    again = await carry(acme, "sell", "quarter", "second")
    last = await carry(acme, again, "second", "third")
    [row] = await acme.fetch("select * from objective where external_id = $1", last)
    [first] = await acme.fetch("select id from objective where external_id = 'sell'")
    assert row["lineage_id"] == first["id"]
    assert await acme.progress(aim) == 0.4
    whole = await exported(acme)
    report = await bring(elsewhere, json.loads(whole))
    assert report.rows == []
    assert await exported(elsewhere) == whole
    assert await contents(elsewhere) == await contents(acme)
    assert await acme.verify() == []
    assert await recompute.verify(elsewhere.database, await organization_of(elsewhere)) == []


async def test_rows_come_in_any_order_and_circles_are_rejected(elsewhere: Workplace):
    def plan(**carried: str | None) -> dict[str, Any]:
        return quarter(
            objectives=[
                {"id": id, "title": id, "cycle_id": "C1", "carried_from_id": carried.get(id)}
                for id in ("O3", "O2", "O1")
            ],
            key_results=[],
            check_ins=[],
        )

    report = await bring(elsewhere, plan(O3="O2", O2="O1"))
    assert told(report) == []
    rows = await by_name(elsewhere, "objective")
    first = rows["small:O1"]["id"]
    assert [rows[f"small:{id}"]["lineage_id"] for id in ("O3", "O2", "O1")] == [first, first, None]
    assert rows["small:O3"]["carried_from_id"] == rows["small:O2"]["id"]
    report = await bring(elsewhere, plan(O1="O3", O3="O2", O2="O1"))
    assert {code for _, code in told(report)} == {"ROW_IS_UNCLEAR"}
    parts = [
        {"id": id, "title": id, "objective_id": "O1", "type": "milestone", "carried_from_id": other}
        for id, other in (("K2", "K1"), ("K1", "K2"))
    ]
    report = await bring(elsewhere, quarter(key_results=parts, check_ins=[]))
    assert {code for _, code in told(report)} == {"ROW_IS_UNCLEAR"}
