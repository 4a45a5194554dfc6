"""Check-ins on objectives: recorded, corrected and retracted like those on key results, beside the numbers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.check_in import ReportedStatus
from okr_api.services import cycles, key_results, objectives
from tests.acme import Acme, days_ago, ref, said

AT_RISK, OFF_TRACK, ON_TRACK = ReportedStatus.AT_RISK, ReportedStatus.OFF_TRACK, ReportedStatus.ON_TRACK


async def report(acme: Acme, name: str = "never_down", **more: Any) -> UUID:
    """Check in on an objective, which must succeed; return the id."""
    return await acme.check_in(None, objective=ref(name), **more)


async def standing(acme: Acme, name: str = "never_down") -> tuple[Any, ...]:
    """Return what is reported of an objective, and the status that it shows now."""
    row = await acme.row("objective", getattr(acme, name))
    place = sum(turn <= days_ago(0) for turn in row["status_turns"])
    return row["reported_status"], row["reported_confidence"], row["statuses"][place]


async def test_it_reports_beside_the_numbers_and_moves_nothing_above(acme: Acme):
    await acme.check_in("uptime", 99.95, confidence=0.9)
    before = await acme.row("objective", acme.never_down)
    above = await acme.row("objective", acme.customers_stay)
    id = await report(acme, status=OFF_TRACK, confidence=0.2, note="Two disks", external_id="told")
    after = await acme.row("objective", acme.never_down)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {
        "latest_check_in_id", "reported_status", "reported_confidence", "reported_until", "statuses", "status_turns",
        "announced_at",
    }  # fmt: skip
    assert after["latest_check_in_id"] == id
    assert after["reported_until"] == (await acme.row("check_in", id))["effective_at"] + timedelta(days=10)
    assert await standing(acme) == ("OFF_TRACK", 0.2, "OFF_TRACK")
    assert await acme.row("objective", acme.customers_stay) == above
    change = await acme.change()
    assert (change["kind"], change["node_id"], change["related_ids"]) == (
        "CHECK_IN_RECORDED", id, [acme.never_down],
    )  # fmt: skip
    [delta] = change["deltas"]
    assert (delta["node_id"], delta["status_after"]) == (str(acme.never_down), "OFF_TRACK")
    assert await acme.verify() == []


async def test_the_latest_by_effective_time_stands_and_later_check_ins_of_parts_keep_it(acme: Acme):
    await report(acme, status=ON_TRACK, confidence=0.8, effective_at=days_ago(2))
    await report(acme, status=OFF_TRACK, confidence=0.1, effective_at=days_ago(5))
    assert await standing(acme) == ("ON_TRACK", 0.8, "ON_TRACK")
    await acme.check_in("uptime", 90)
    await acme.check_in("rollout", milestones_done=("plan",))
    assert await standing(acme) == ("ON_TRACK", 0.8, "ON_TRACK")
    await report(acme, note="Nothing new", effective_at=days_ago(1))
    row = await acme.row("objective", acme.never_down)
    assert row["reported_until"] - days_ago(-9) < timedelta(minutes=1)
    assert await acme.verify() == []


async def test_it_is_corrected_and_retracted(acme: Acme):
    first = await report(acme, status=ON_TRACK, effective_at=days_ago(3), external_id="first")
    second = await report(acme, status=OFF_TRACK, confidence=0.3)
    corrected = await acme.check_in(None, supersedes=second, status=AT_RISK)
    assert (await acme.row("check_in", corrected))["objective_id"] == acme.never_down
    assert await standing(acme) == ("AT_RISK", None, "AT_RISK")
    await acme.retract(corrected)
    assert await standing(acme) == ("ON_TRACK", None, "ON_TRACK")
    outcome = await acme.say(said(None, supersedes="first", objective=ref("answer_fast"), note="x"))
    assert [(each.code, each.message) for each in outcome.item_errors] == [
        ("INVALID_INPUT", "The check-in to correct is not of this objective")
    ]
    await acme.retract(first)
    assert await standing(acme) == (None, None, "PENDING")
    assert (await acme.row("objective", acme.never_down))["latest_check_in_id"] is None
    assert await acme.verify() == []


async def test_a_bulk_mixes_both_and_a_later_item_corrects_an_earlier_one(acme: Acme):
    outcome = await acme.say(
        said("uptime", 99.95),
        said(None, objective=ref("never_down"), status=OFF_TRACK, external_id="told"),
        said(None, objective=ref("answer_fast"), confidence=0.4),
        said(None, supersedes="told", status=AT_RISK),
        said(None, objective=ref("nobody"), status=AT_RISK),
        atomic=False,
    )
    assert [(each.index, each.code) for each in outcome.item_errors] == [(4, "NOT_FOUND")]
    assert await standing(acme) == ("AT_RISK", None, "AT_RISK")
    assert (await standing(acme, "answer_fast"))[1] == 0.4
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("says", "code", "path"),
    (
        ({"value": 5.0}, "INVALID_INPUT", ("value",)),
        ({"milestones_done": ("plan",)}, "INVALID_INPUT", ("milestonesDone",)),
        ({"confidence": 70.0}, "INVALID_INPUT", ("confidence",)),
        ({"note": ""}, "NOTHING_TO_RECORD", ()),
        ({"note": "x" * 4_001}, "INVALID_INPUT", ("note",)),
        ({"status": AT_RISK, "effective_at": days_ago(-1)}, "READING_IN_FUTURE", ("effectiveAt",)),
    ),
)
async def test_what_is_wrong_is_refused_where_it_stands(
    says: dict[str, Any], code: str, path: tuple[str, ...], acme: Acme
):
    before = await acme.tables()
    outcome = await acme.say(said(None, **{"objective": ref("never_down"), **says}))
    assert [(each.code, each.path) for each in outcome.item_errors] == [(code, path)]
    assert await acme.tables() == before


async def test_no_check_in_on_a_draft_a_dropped_one_or_in_a_closed_cycle(acme: Acme):
    await acme.objective("Later", draft=True, external_id="later")
    await acme.done(objectives.drop_objective, objective="clear_backlog", reason="Not now")
    for name, code in (("later", "STATE_DOES_NOT_FIT"), ("clear_backlog", "STATE_DOES_NOT_FIT")):
        outcome = await acme.say(said(None, objective=ref(name), status=AT_RISK))
        assert [(each.code, each.path) for each in outcome.item_errors] == [(code, ("id",))]
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="Nobody looked")
    outcome = await acme.say(said(None, objective=ref("never_down"), status=AT_RISK))
    assert [each.code for each in outcome.item_errors] == ["CYCLE_IS_CLOSED"]


async def test_paused_goes_before_what_is_reported_and_a_moved_key_result_is_recounted_without_it(acme: Acme):
    await report(acme, status=OFF_TRACK)
    await acme.done(objectives.pause_objective, objective="never_down", reason="Later")
    assert await standing(acme) == ("OFF_TRACK", None, "PAUSED")
    await acme.done(objectives.restore_objective, objective="never_down")
    await acme.done(key_results.move_key_result, key_result="load", objective="answer_fast")
    assert await standing(acme) == ("OFF_TRACK", None, "OFF_TRACK")
    assert await acme.verify() == []
