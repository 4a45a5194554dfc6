"""Error messages: each names the field, its index in a list, and the wrong value."""

import json

import pytest

from tests.services.import_export.files import (
    bring,
    bring_small,
    check_in,
    exported,
    key_result,
    objective,
    quarter,
)

SKIPPED = "2026-03-08T02:30:00"  # clocks go from 2 to 3 o'clock in Philadelphia
TWICE = "2025-11-02T01:30:00"  # they go from 2 to 1 o'clock
WRONG = {
    "a parent named twice": (
        {"objectives": [objective("O2"), objective("O1", parents=[{"objective_id": "O2"}] * 2)]},
        "parents[1] is the same parent as parents[0]",
    ),
    "a parent that is nothing": (
        {"objectives": [objective("O1", parents=[{"weight": 1}])]},
        "parents[0] has not one of objective_id and key_result_id",
    ),
    "a target without a day": (
        {"key_results": [key_result("K1", target_history=[{"date": "2026-04-02"}, {"from": 1, "to": 2}])]},
        "target_history[1].date is missing",
    ),
    "a time of a cadence in another form": (
        {"objectives": [objective("O1", cadence={"weeks": 1, "weekday": "MONDAY", "time": "T1730"})]},
        "cadence.time is 'T1730', not a time such as 17:00",
    ),
    "a local time that clocks skip": (
        {"check_ins": [check_in("I1", "K1", 5, effective_at=SKIPPED)]},
        f"effective_at is {SKIPPED!r}, not a time that exists in America/New_York: clocks skip it",
    ),
    "a date with such a time": (
        {"check_ins": [check_in("I1", "K1", 5, date=SKIPPED)]},
        f"date is {SKIPPED!r}, not a time that exists in America/New_York: clocks skip it",
    ),
}


@pytest.mark.parametrize(("sections", "message"), WRONG.values(), ids=WRONG.keys())
async def test_the_message_names_the_value(tenant, sections, message):
    report = await bring_small(tenant, quarter(**sections))
    assert message in [error.message for error in report.errors]


async def test_a_local_time_that_there_is_twice_is_the_earlier_one(tenant):
    await bring_small(tenant, quarter(check_ins=[check_in("I1", "K1", 5, effective_at=TWICE)]))
    [row] = await tenant.fetch(
        "select effective_at from check_in where organization_id = $1", tenant.organization.id
    )
    assert row["effective_at"].isoformat() == "2025-11-02T05:30:00+00:00"


@pytest.mark.parametrize(
    ("fields", "message"),
    (
        ({"seq": 0}, "seq is 0, not a whole number from 1"),
        ({"kind": None}, "kind is missing"),
        ({"recorded_at": None}, "recorded_at is missing"),
        ({"author": {"name": None}}, "author.name is missing"),
        ({"node": {"type": "OBJECTIVE", "id": None}}, "node.id is missing"),
        ({"fields": ["title", 1]}, "fields[1] is 1, not a text"),
    ),
    ids=("seq", "kind", "recorded_at", "author", "node", "fields"),
)
async def test_a_change_that_lacks_something_names_it(acme, tenant, fields, message):
    document = json.loads(await exported(acme))
    document["changes"][0] |= fields
    report = await bring(tenant, document)
    assert [error.message for error in report.errors] == [message]
