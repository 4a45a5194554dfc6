"""Target revisions: who changed what a key result must reach, and why; guard-rails and their budget."""

from typing import Any

from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.target_revision import MAX_TARGET_REVISIONS
from okr_api.services.key_results import edit_key_result
from tests.acme import Acme, at_most
from tests.services.import_export.files import bring

KEPT = (
    "select target_value, target_revisions, progress, original_progress from key_result "
    "where external_id = 'macros'"
)


async def retarget(acme: Acme, target: float, reason: str | None = None) -> Any:
    """Change the target of a key result from 0 to 10; return the outcome."""
    return await acme.do(
        edit_key_result, key_result="macros", edits={}, measure={"target_value": target}, reason=reason
    )


async def test_a_harder_target_is_kept_with_who_set_it_and_needs_no_reason(acme: Acme) -> None:
    await acme.check_in("macros", 5)
    assert not (await retarget(acme, 20.0)).errors
    [row] = await acme.fetch(KEPT)
    [revision] = row["target_revisions"]
    assert (revision["before"]["target_value"], revision["after"]["target_value"]) == (10.0, 20.0)
    assert (revision["eased"], revision["reason"]) == (False, None)
    assert revision["author_name"]
    assert (row["progress"], row["original_progress"]) == (0.25, 0.5)


async def test_an_eased_target_needs_a_reason_and_changes_nothing_without(acme: Acme) -> None:
    before = await acme.tables()
    for reason in (None, "", "  "):
        [error] = (await retarget(acme, 8.0, reason)).errors
        assert (error.code(), list(error.path)) == ("REASON_REQUIRED", ["reason"])
    assert await acme.tables() == before
    assert not (await retarget(acme, 8.0, "The market has shrunk")).errors
    [row] = await acme.fetch(KEPT)
    kept = [(each["eased"], each["reason"]) for each in row["target_revisions"]]
    assert kept == [(True, "The market has shrunk")]


async def test_a_target_is_still_being_set_while_its_cycle_is_a_draft(acme: Acme) -> None:
    await acme.fetch("update cycle set state = 'DRAFT' where external_id = 'quarter' returning id")
    assert not (await retarget(acme, 5.0)).errors
    [row] = await acme.fetch(KEPT)
    assert row["target_revisions"] == []


async def test_a_target_is_revised_at_most_100_times(acme: Acme) -> None:
    for place in range(MAX_TARGET_REVISIONS):
        assert not (await retarget(acme, 11.0 + place)).errors
    [error] = (await retarget(acme, 1_000.0)).errors
    assert error.code() == "TOO_MANY"


async def test_a_guard_rail_adds_to_no_mean_and_holds_the_status_at_risk(acme: Acme) -> None:
    await acme.check_in("macros", 10)
    [before] = await acme.fetch("select progress from objective where external_id = 'clear_backlog'")
    guard = {"role": KeyResultRole.GUARD_RAIL, "broken_budget": 0.0}
    made = await acme.key_result("Complaints", "clear_backlog", at_most(5.0), **guard)
    await acme.check_in(made, 9)
    [after] = await acme.fetch(
        "select progress, derived_statuses from objective where external_id = 'clear_backlog'"
    )
    assert after["progress"] == before["progress"]
    assert "ON_TRACK" not in after["derived_statuses"]


async def test_a_file_that_changes_a_target_makes_no_revision_and_takes_none_away(acme: Acme) -> None:
    assert not (await retarget(acme, 8.0, "The market has shrunk")).errors
    [before] = await acme.fetch(KEPT)
    [created] = await acme.fetch("select created_at from key_result where external_id = 'macros'")
    [ids] = await acme.fetch(
        "select objective.external_id as objective, key_result.title from key_result "
        "join objective on objective.id = objective_id where key_result.external_id = 'macros'"
    )
    row = {"id": "macros", "title": ids["title"], "objective_id": ids["objective"]}
    measure = {"kind": "INCREASE", "start": 0, "target": 6}
    report = await bring(acme, {"ids": "full", "key_results": [row | {"measure": measure}]})
    assert report.errors == []
    [after] = await acme.fetch(KEPT)
    assert after["target_value"] == 6.0
    assert after["target_revisions"] == before["target_revisions"]
    assert len(after["target_revisions"]) == 1
    [kept] = await acme.fetch("select created_at from key_result where external_id = 'macros'")
    assert kept == created
    assert kept["created_at"] is not None
