"""Current values without check-ins: each becomes a reading, also as time passes and values change."""

from datetime import datetime

import pytest

from tests.services.import_export.files import (
    bring_small,
    by_name,
    check_in,
    check_ins_by_label,
    key_result,
    quarter,
    told,
)

MAY = datetime.fromisoformat("2026-05-15T12:00:00-04:00")
JUNE = datetime.fromisoformat("2026-06-15T12:00:00-04:00")
JULY = datetime.fromisoformat("2026-07-15T12:00:00-04:00")
LAST_NOON = datetime.fromisoformat("2026-06-30T12:00:00-04:00")


def with_current(value, **fields):
    return quarter(key_results=[key_result("K1", current=value, **fields)], check_ins=[])


async def readings(tenant):
    rows = (await check_ins_by_label(tenant)).items()
    ids = {row["id"]: name for name, row in rows}
    return {
        name: (row["value"], row["effective_at"], ids.get(row["supersedes_id"]), row["retraction_reason"])
        for name, row in rows
    }


async def progress(tenant):
    assert await tenant.verify() == []
    return (await by_name(tenant, "key_result"))["small:K1"]["progress"]


@pytest.mark.parametrize(("now", "effective_at"), ((MAY, MAY), (JULY, LAST_NOON)))
async def test_it_is_put_at_the_last_noon_or_at_the_time_of_import(tenant, now, effective_at):
    report = await bring_small(tenant, with_current(40), now=now)
    assert await readings(tenant) == {"small:K1:current": (40.0, effective_at, None, None)}
    assert told(report) == [("key_results[0] (K1)", "CURRENT_TAKEN")]
    assert await progress(tenant) == 0.4


async def test_the_same_value_later_is_no_other_reading(tenant):
    await bring_small(tenant, with_current(40), now=MAY)
    for now in (MAY, JUNE, JULY):
        report = await bring_small(tenant, with_current(40), now=now)
        assert not report.changed
        assert (report.counts["check_ins"].created, report.counts["check_ins"].unchanged) == (0, 1)


async def test_another_value_while_the_cycle_runs_is_another_reading(tenant):
    await bring_small(tenant, with_current(40), now=MAY)
    await bring_small(tenant, with_current(60), now=JUNE)
    assert await readings(tenant) == {
        "small:K1:current": (40.0, MAY, None, None),
        "small:K1:current~2": (60.0, JUNE, None, None),
    }
    assert await progress(tenant) == 0.6


async def test_another_value_once_it_is_over_corrects_the_first(tenant):
    await bring_small(tenant, with_current(40), now=JULY)
    await bring_small(tenant, with_current(60), now=JULY)
    assert (await readings(tenant))["small:K1:current~2"] == (60.0, LAST_NOON, "small:K1:current", None)
    assert await progress(tenant) == 0.6
    assert not (await bring_small(tenant, with_current(60), now=JULY)).changed


async def test_it_is_not_looked_at_where_the_file_has_check_ins(tenant):
    document = with_current(40) | {"check_ins": [check_in("I1", "K1", 30)]}
    await bring_small(tenant, document)
    assert set(await readings(tenant)) == {"small:I1"}


async def test_it_is_taken_back_where_check_ins_come_later(tenant):
    await bring_small(tenant, with_current(40), now=MAY)
    document = with_current(40) | {"check_ins": [check_in("I1", "K1", 30)]}
    await bring_small(tenant, document, now=JUNE)
    found = await readings(tenant)
    assert found["small:K1:current~2"][2:] == (
        "small:K1:current",
        "The file has check-ins of this key result now",
    )
    assert await progress(tenant) == 0.3
    assert not (await bring_small(tenant, document, now=JUNE)).changed


async def test_check_ins_by_hand_go_on_from_it(tenant):
    await bring_small(tenant, with_current(40), now=MAY)
    await tenant.check_in("small:K1", 45)
    assert not (await bring_small(tenant, with_current(40), now=JUNE)).changed


async def test_milestones_that_are_done_are_a_reading(tenant):
    steps = [{"name": "Plan", "done": True}, {"name": "Do", "done": False}]
    row = key_result("K1", type="milestone", start=None, target=None, milestones=steps)
    document = quarter(key_results=[row], check_ins=[])
    await bring_small(tenant, document)
    assert await progress(tenant) == 0.5
    assert not (await bring_small(tenant, document)).changed


async def test_a_yes_is_a_one(tenant):
    await bring_small(tenant, with_current(True, type="milestone", start=None, target=None))
    assert await progress(tenant) == 1.0


async def test_one_that_the_measure_cannot_take_is_reported_at_its_key_result(tenant):
    report = await bring_small(tenant, with_current(2, type="milestone", start=None, target=None))
    assert told(report) == [("key_results[0] (K1)", "INVALID_INPUT")]
    assert report.refused


async def test_a_status_is_reported_with_it_and_another_one_is_another_reading(tenant):
    document = with_current(40, current_status="At risk")
    await bring_small(tenant, document, now=MAY)
    assert await statuses(tenant) == [(40.0, "AT_RISK")]
    assert not (await bring_small(tenant, document, now=JUNE)).changed
    await bring_small(tenant, with_current(40, current_status="ON_TRACK"), now=JUNE)
    assert await statuses(tenant) == [(40.0, "AT_RISK"), (40.0, "ON_TRACK")]
    report = await bring_small(tenant, with_current(40, current_status="Great"), now=JUNE)
    assert told(report) == [("key_results[0] (K1)", "ROW_IS_UNCLEAR")]


async def statuses(tenant):
    rows = await tenant.fetch(
        "select value, status from check_in where organization_id = $1 order by seq", tenant.organization.id
    )
    return [(row["value"], row["status"]) for row in rows]
