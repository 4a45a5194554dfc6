"""An objective moves to another cycle: with its key results and check-ins, as one change."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.cycle import CycleState
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone
from okr_api.okr.objective import ProgressSource
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.objectives import edit_objective
from tests.acme import TODAY, Acme, at_least, days_ago, node, ref, said

NUMBERS = "select id, progress from objective union all select id, progress from key_result"


@pytest.fixture
async def last(acme: Acme) -> UUID:
    """The quarter before: 100 to 31 days ago, within the year."""
    first, end = TODAY - timedelta(days=100), TODAY - timedelta(days=31)
    id = await acme.cycle("Last", first, end, parent="year", external_id="last")
    acme.current_cycle = acme.quarter
    return id


@pytest.fixture
async def moved(acme: Acme, last: UUID) -> UUID:
    """An objective of the current quarter that contributes to the year, with a value on both sides."""
    id = await acme.objective("Moved", under="customers_stay", external_id="moved")
    read = await acme.key_result("Read", id, external_id="read")
    for value, days in ((20, 60), (60, 10)):
        await acme.check_in(read, value, effective_at=days_ago(days))
    return id


async def numbers(acme: Acme) -> Mapping[UUID, float | None]:
    return {row["id"]: row["progress"] for row in await acme.fetch(NUMBERS)}


async def to(acme: Acme, cycle: UUID | str, objective: UUID | str = "moved", **more: Any) -> MutationResult:
    """Move an objective to a cycle, which must succeed; check that the change tells every number that moved."""
    before = await numbers(acme)
    outcome = await acme.do(edit_objective, objective=objective, edits={"cycle": ref(cycle)}, **more)
    assert outcome.errors == ()
    after = await numbers(acme)
    expected = {id: (before[id], after[id]) for id in before if before[id] != after[id]}
    deltas = await acme.moved()
    assert {id: delta for id, delta in deltas.items() if delta[0] != delta[1]} == expected
    assert await acme.verify() == []
    return outcome


async def test_it_is_one_change_of_the_objective_with_the_numbers_above_it(
    acme: Acme, moved: UUID, last: UUID
):
    assert await acme.progress(moved) == 0.6
    before = await acme.tables()
    outcome = await to(acme, "last", expected_version=1)
    assert await acme.progress(moved) == 0.2
    assert node(outcome) == moved
    written = await acme.written(before)
    assert (written["change"], written["objective_version"]) == (1, 1)
    assert written.keys() <= {"change", "feed_head", "objective", "objective_version", "key_result"}
    change = await acme.change()
    assert (change["kind"], change["fields"]) == ("OBJECTIVE_UPDATED", ["cycle"])
    assert {moved, acme.customers_stay} <= (await acme.moved()).keys()
    assert (await acme.row("objective", moved))["cycle_id"] == last


async def test_values_from_after_the_last_day_are_history_and_the_notice_says_so(acme: Acme, moved: UUID):
    outcome = await to(acme, "last")
    [notice] = outcome.notices
    assert (notice.code, notice.path) == ("CHECK_IN_NOT_COUNTED", ("id",))
    assert notice.message.startswith("'Read' has values from after the last day of Last,")


async def test_there_and_back_every_number_is_as_before(acme: Acme, moved: UUID):
    before = await numbers(acme)
    await to(acme, "last")
    assert await numbers(acme) != before
    outcome = await to(acme, "quarter")
    assert await numbers(acme) == before
    assert outcome.notices == ()


async def test_values_from_before_the_first_day_count_in_a_later_cycle(acme: Acme, moved: UUID):
    first = TODAY + timedelta(days=60)
    await acme.cycle("Next", first, first + timedelta(days=89), parent="year", state=CycleState.DRAFT)
    assert acme.current_cycle is not None
    outcome = await to(acme, acme.current_cycle)
    assert await acme.progress(moved) == 0.6
    assert outcome.notices == ()
    [error] = (await acme.say(said("read", 70))).item_errors
    assert error.code == "CYCLE_IS_DRAFT"


async def test_a_limit_is_measured_by_the_days_of_its_new_cycle(acme: Acme, moved: UUID):
    limit = await acme.key_result("Limit", moved, at_least(50))
    for value, days in ((10, 60), (90, 5)):
        await acme.check_in(limit, value, effective_at=days_ago(days))
    assert await acme.progress(limit) == 1
    await to(acme, "last")
    assert await acme.progress(limit) == 0


async def test_an_objective_without_key_results_moves_as_well(acme: Acme, last: UUID):
    bare = await acme.objective("Bare")
    outcome = await to(acme, last, bare)
    assert outcome.notices == ()


async def test_the_same_cycle_again_checks_nothing_and_moves_nothing(acme: Acme, moved: UUID):
    before = await acme.tables()
    outcome = await acme.do(edit_objective, objective="moved", edits={"cycle": ref("quarter")})
    assert (outcome.errors, outcome.notices, outcome.is_unchanged) == ((), (), True)
    assert await acme.tables() == before


async def test_contributions_fit_the_cycle_or_it_is_refused(acme: Acme, moved: UUID, last: UUID):
    child = await acme.objective("Child", under=moved)
    refusal = await acme.refused(edit_objective, objective=moved, edits={"cycle": ref(last)})
    assert (refusal.code(), refusal.path) == ("CYCLE_DOES_NOT_ENCLOSE", ("id",))
    assert refusal.message == "An objective of Quarter cannot contribute to one of Last"
    year = await acme.refused(edit_objective, objective=child, edits={"cycle": ref("year")})
    assert year.message == "An objective of Year cannot contribute to one of Quarter"
    await to(acme, "year", moved)  # encloses the child's cycle
    await to(acme, last, child)


async def test_a_child_of_a_key_result_has_to_fit_too(acme: Acme, moved: UUID, last: UUID):
    await acme.objective("Child", under="read")
    refusal = await acme.refused(edit_objective, objective=moved, edits={"cycle": ref(last)})
    assert refusal.code() == "CYCLE_DOES_NOT_ENCLOSE"


async def test_support_fits_every_cycle(acme: Acme, last: UUID):
    helper = await acme.objective("Helper")
    await acme.supports(helper, "answer_fast")
    helped = await acme.objective("Helped")
    await acme.supports("never_down", helped)
    await to(acme, last, helper)
    await to(acme, last, helped)


STEPS = Measure(KeyResultMeasure.MILESTONES, milestones=(Milestone("plan", "Plan", due_on=TODAY),))


@pytest.mark.parametrize("due", ({"due_on": TODAY}, {"measure": STEPS}))
async def test_due_days_fit_the_cycle_or_it_is_refused(
    due: dict[str, Any], acme: Acme, moved: UUID, last: UUID
):
    await acme.key_result("Due", moved, **due)
    refusal = await acme.refused(edit_objective, objective=moved, edits={"cycle": ref(last)})
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("id",))
    assert str(TODAY) in refusal.message


@pytest.mark.parametrize("state", CycleState)
async def test_it_moves_between_cycles_whose_plan_can_be_edited(state: CycleState, acme: Acme):
    objective = await acme.objective("Moves", progress_source=ProgressSource.BOTH)
    other = await acme.cycle("Other", TODAY, TODAY, state=state)
    if state in (CycleState.DRAFT, CycleState.ACTIVE):
        await to(acme, other, objective)
        await to(acme, "quarter", objective)
        return
    refusal = await acme.refused(edit_objective, objective=objective, edits={"cycle": ref(other)})
    assert refusal.code() == {"REVIEW": "CYCLE_IS_IN_REVIEW", "CLOSED": "CYCLE_IS_CLOSED"}[state]
