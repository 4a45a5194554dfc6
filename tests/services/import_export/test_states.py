"""States in a file: an import takes the steps that a mutation may take, reports them, and rejects others."""

import random
from datetime import datetime

import pytest

from okr_api.services import cycles
from tests.services.import_export.files import (
    Document,
    bring_small,
    by_name,
    check_in,
    key_result,
    objective,
    quarter,
    told,
)

YEAR = {"id": "Y", "name": "2026", "start": "2026-01-01", "end": "2026-12-31"}
QUARTER = {"id": "C1", "name": "2026-Q2", "start": "2026-04-01", "end": "2026-06-30", "parent_id": "Y"}


def nested(year: Document | None = None, within: Document | None = None, **sections) -> Document:
    """Return a file with the quarter within the year."""
    return quarter(cycles=[YEAR | (year or {}), QUARTER | (within or {})], **sections)


async def state_of(tenant, table: str, id: str) -> str:
    return (await by_name(tenant, table))[f"small:{id}"]["state"]


# ── Cycles ──


async def test_a_closed_year_around_a_running_quarter_is_refused(tenant):
    document = nested({"state": "CLOSED"}, {"state": "ACTIVE"})
    report = await bring_small(tenant, document)
    assert told(report) == [("cycles[0] (Y)", "CYCLE_TRANSITION")]
    assert report.errors[0].message == "2026 cannot be CLOSED: 2026-Q2 lies within it and is ACTIVE"
    report = await bring_small(tenant, document, skip_invalid=True)
    assert await state_of(tenant, "cycle", "Y") == "REVIEW"
    assert not (await bring_small(tenant, document, skip_invalid=True)).changed
    assert await tenant.verify() == []


async def test_a_known_year_is_not_closed_around_a_quarter_that_the_file_does_not_mention(tenant):
    await bring_small(tenant, nested())
    report = await bring_small(tenant, {"cycles": [YEAR | {"state": "CLOSED"}]}, skip_invalid=True)
    assert told(report) == [("cycles[0] (Y)", "CYCLE_TRANSITION")]
    assert (report.changed, report.counts["cycles"].skipped) == (False, 1)
    assert await state_of(tenant, "cycle", "Y") == "ACTIVE"


async def test_a_quarter_without_a_state_is_closed_with_its_year(tenant):
    report = await bring_small(tenant, nested({"state": "CLOSED"}))
    assert ("cycles[1] (C1)", "STATE_FOLLOWS") in told(report)
    assert await state_of(tenant, "cycle", "C1") == "CLOSED"
    assert await state_of(tenant, "objective", "O1") == "CLOSED"
    assert not (await bring_small(tenant, nested({"state": "CLOSED"}))).changed
    assert await tenant.verify() == []


async def test_nothing_new_lies_within_a_cycle_that_is_closed(tenant):
    await bring_small(tenant, {"cycles": [YEAR | {"state": "CLOSED"}]})
    report = await bring_small(tenant, nested({"state": "CLOSED"}))
    assert told(report)[0] == ("cycles[1] (C1)", "CYCLE_IS_CLOSED")


async def test_steps_that_a_cycle_skips_are_told(tenant):
    await bring_small(tenant, nested(within={"state": "DRAFT"}, check_ins=[]))
    report = await bring_small(tenant, nested(within={"state": "CLOSED"}, check_ins=[]))
    assert report.errors == []
    [note] = [row for row in report.rows if row.code == "STATE_STEPS"]
    assert note.place == "cycles[1] (C1)"
    assert note.message == "2026-Q2 goes from DRAFT to CLOSED by ACTIVE and REVIEW"


@pytest.mark.parametrize(("before", "after"), (("ACTIVE", "DRAFT"), ("REVIEW", "DRAFT")))
async def test_a_step_that_no_mutation_takes_is_refused(tenant, before, after):
    await bring_small(tenant, nested(within={"state": before}))
    report = await bring_small(tenant, nested(within={"state": after}))
    assert told(report) == [("cycles[1] (C1)", "CYCLE_TRANSITION")]
    assert await state_of(tenant, "cycle", "C1") == before


async def test_a_file_that_closes_a_cycle_closes_all_its_objectives_and_says_what_is_not_graded(tenant):
    await bring_small(tenant, quarter(objectives=[objective("O1"), objective("O2")]))
    row = {key: QUARTER[key] for key in ("id", "name", "start", "end")} | {"state": "CLOSED"}
    report = await bring_small(tenant, {"cycles": [row]})
    assert told(report) == [("cycles[0] (C1)", "STATE_STEPS"), ("cycles[0] (C1)", "OBJECTIVES_CLOSED")]
    assert report.rows[1].message == "2 objectives of 2026-Q2 are closed with it"
    assert await state_of(tenant, "objective", "O1") == "CLOSED"
    refusal = await tenant.refused(cycles.activate_cycle, cycle="small:C1")
    assert refusal.code() == "CYCLE_TRANSITION"
    assert await tenant.verify() == []


async def test_what_is_not_graded_when_a_file_closes_its_cycle_is_told(tenant):
    await bring_small(tenant, quarter(check_ins=[]))
    closed = [QUARTER | {"state": "CLOSED", "parent_id": None}]
    report = await bring_small(tenant, quarter(cycles=closed, check_ins=[check_in("I2", "K2", 1)]))
    [warning] = [row for row in report.rows if row.code == "NOT_ALL_GRADED"]
    assert warning.message == "1 key result of 2026-Q2 has no score"


# ── Objectives and key results ──


async def test_an_objective_is_closed_only_with_its_cycle(tenant):
    document = quarter(objectives=[objective("O1", state="CLOSED")])
    report = await bring_small(tenant, document)
    assert told(report)[0] == ("objectives[0] (O1)", "STATE_DOES_NOT_FIT")
    assert report.errors[0].message == "'Title of O1' cannot be CLOSED: 2026-Q2 is ACTIVE"
    await bring_small(tenant, quarter())
    report = await bring_small(tenant, document, skip_invalid=True)
    assert await state_of(tenant, "objective", "O1") == "PUBLISHED"
    await tenant.check_in("small:K1", 99)
    assert await tenant.verify() == []


async def test_a_published_objective_of_a_closed_cycle_is_closed_and_it_is_told(tenant):
    closed = {"cycles": [QUARTER | {"state": "CLOSED", "parent_id": None}]}
    document = quarter(**closed, objectives=[objective("O1", state="PUBLISHED")])
    report = await bring_small(tenant, document)
    assert ("objectives[0] (O1)", "STATE_FOLLOWS") in told(report)
    assert await state_of(tenant, "objective", "O1") == "CLOSED"
    assert not (await bring_small(tenant, document)).changed
    assert await tenant.verify() == []


async def test_what_was_published_does_not_become_a_draft(tenant):
    await bring_small(tenant, quarter())
    report = await bring_small(tenant, quarter(objectives=[objective("O1", state="DRAFT")]))
    assert told(report)[0] == ("objectives[0] (O1)", "STATE_DOES_NOT_FIT")


async def test_steps_that_an_objective_or_key_result_skips_are_told(tenant):
    draft = {"objectives": [objective("O1", state="DRAFT")], "key_results": [key_result("K1")]}
    await bring_small(tenant, quarter(**draft, check_ins=[]))
    rows = {
        "objectives": [objective("O1", state="PAUSED")],
        "key_results": [key_result("K1", state="DROPPED")],
    }
    report = await bring_small(tenant, quarter(**rows, check_ins=[]))
    assert [row.message for row in report.rows if row.code == "STATE_STEPS"] == [
        "'Title of O1' goes from DRAFT to PAUSED by PUBLISHED"
    ]
    rows["key_results"] = [key_result("K1", state="PAUSED")]
    report = await bring_small(tenant, quarter(**rows, check_ins=[]))
    assert [row.message for row in report.rows if row.code == "STATE_STEPS"] == [
        "'Title of K1' goes from DROPPED to PAUSED by ACTIVE"
    ]


async def test_check_ins_that_come_into_a_draft_cycle_are_told(tenant):
    report = await bring_small(tenant, nested(within={"state": "DRAFT"}))
    [warning] = [row for row in report.rows if row.code == "CYCLE_IS_DRAFT"]
    assert warning.message == "2 check-ins came into 2026-Q2, which is still a DRAFT"


async def test_an_objective_moves_only_where_the_due_days_of_its_key_results_fit(tenant):
    await bring_small(tenant, nested(key_results=[key_result("K1", due_on="2026-04-20")], check_ins=[]))
    later = {"id": "C2", "name": "Q3", "start": "2026-07-01", "end": "2026-09-30"}
    moved = {"cycles": [later], "objectives": [objective("O1", cycle_id="C2")]}
    report = await bring_small(tenant, moved)
    assert told(report) == [("objectives[0] (O1)", "INVALID_INPUT")]


async def test_an_objective_that_cannot_leave_a_closing_cycle_is_closed_with_it(tenant):
    await bring_small(tenant, nested(key_results=[key_result("K1", due_on="2026-04-20")], check_ins=[]))
    later = {"id": "C2", "name": "Q3", "start": "2026-07-01", "end": "2026-09-30"}
    moved = {
        "cycles": [QUARTER | {"state": "CLOSED"}, later],
        "objectives": [objective("O1", cycle_id="C2")],
    }
    report = await bring_small(tenant, moved, skip_invalid=True)
    assert [row.code for row in report.errors] == ["INVALID_INPUT"]
    assert await state_of(tenant, "objective", "O1") == "CLOSED"
    assert await tenant.verify() == []


# ── Random files ──

CYCLE_STATES = (None, "DRAFT", "ACTIVE", "REVIEW", "CLOSED")
OBJECTIVE_STATES = (None, "DRAFT", "PUBLISHED", "PAUSED", "DROPPED", "CLOSED")


def any_file(rng: random.Random) -> Document:
    """Return a random file: a year with two quarters, a chain of objectives across them, any states."""

    def state(states: tuple[str | None, ...]) -> Document:
        chosen = rng.choice(states)
        return {"state": chosen} if chosen else {}

    quarters = [
        QUARTER
        | {"id": f"C{i}", "name": f"Q{i}", "start": f"2026-0{3 * i - 2}-01", "end": f"2026-0{3 * i}-28"}
        for i in (1, 2)
    ]
    cycles = [YEAR | state(CYCLE_STATES), *(each | state(CYCLE_STATES) for each in quarters)]
    objectives = [
        objective(f"O{i}", cycle_id=rng.choice(("C1", "C2")), parent_objective_id=parent)
        | state(OBJECTIVE_STATES)
        for i, parent in ((2, "O1"), (3, "O2"), (4, "O1"))
    ]
    objectives.insert(0, objective("O1", cycle_id="Y") | state(OBJECTIVE_STATES))
    key_results = [key_result(f"K{i}", f"O{i}") for i in (1, 2, 3, 4)]
    check_ins = [check_in(f"I{i}", f"K{i}", rng.randrange(100)) for i in (1, 2, 3, 4)]
    some = rng.sample(objectives, rng.randrange(1, 5))
    return quarter(
        cycles=rng.sample(cycles, rng.randrange(1, 4)),
        objectives=sorted(some, key=lambda row: str(row["id"])),
        key_results=rng.sample(key_results, rng.randrange(5)),
        check_ins=rng.sample(check_ins, rng.randrange(5)),
    )


UNFIT = """
    select objective.title, objective.state, cycle.name, cycle.state as of
    from objective join cycle on cycle.id = objective.cycle_id
    where objective.organization_id = $1
        and (objective.state = 'CLOSED' and cycle.state <> 'CLOSED'
            or objective.state = 'PUBLISHED' and cycle.state = 'CLOSED')
    union all
    select inner_cycle.name, inner_cycle.state, year.name, year.state
    from cycle inner_cycle join cycle year on year.id = inner_cycle.parent_id
    where year.organization_id = $1 and year.state = 'CLOSED' and inner_cycle.state <> 'CLOSED'
"""


@pytest.mark.parametrize("seed", range(25))
async def test_after_any_import_states_fit_and_every_number_follows_from_the_facts(tenant, seed):
    rng = random.Random(seed)
    for day in ("05-15", "07-15", "12-15"):
        now = datetime.fromisoformat(f"2026-{day}T12:00:00-04:00")
        document = any_file(rng)
        await bring_small(tenant, document, skip_invalid=True, now=now)
        assert await tenant.verify() == []
        assert await tenant.fetch(UNFIT, tenant.organization.id) == []
        assert not (await bring_small(tenant, document, skip_invalid=True, now=now)).changed


async def test_a_draft_that_a_file_drops_stays_unpublished_and_is_restored_to_a_draft(tenant):
    async def bring(**fields):
        report = await bring_small(tenant, quarter(objectives=[objective("O1", **fields)]))
        row = (await by_name(tenant, "objective"))["small:O1"]
        return told(report), row["state"], row["is_dropped_draft"]

    assert await bring(state="DRAFT") == ([], "DRAFT", False)
    assert await bring(state="DROPPED") == ([], "DROPPED", True)
    assert await bring(state="DROPPED") == ([], "DROPPED", True)
    assert await bring(state="DRAFT") == ([], "DRAFT", False)
    assert await bring(state="DROPPED", is_dropped_draft=True) == ([], "DROPPED", True)
    steps, *states = await bring(state="PUBLISHED")
    assert (steps, states) == ([("objectives[0] (O1)", "STATE_STEPS")], ["PUBLISHED", False])
    assert await bring(state="DROPPED") == ([], "DROPPED", False)
    hidden = await bring(state="DROPPED", is_dropped_draft=True)
    assert hidden == ([("objectives[0] (O1)", "STATE_DOES_NOT_FIT")], "DROPPED", False)
    unclear = await bring(state="PUBLISHED", is_dropped_draft=True)
    assert unclear == ([("objectives[0] (O1)", "ROW_IS_UNCLEAR")], "DROPPED", False)
    assert await tenant.verify() == []


async def test_a_new_objective_is_a_dropped_draft_only_where_the_file_says_so(tenant):
    rows = [objective("O1", state="DROPPED"), objective("O2", state="DROPPED", is_dropped_draft=True)]
    await bring_small(tenant, quarter(objectives=rows))
    found = await by_name(tenant, "objective")
    assert [found[f"small:{id}"]["is_dropped_draft"] for id in ("O1", "O2")] == [False, True]
