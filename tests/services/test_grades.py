"""Grades: scores confirmed, overridden or set aside in the review of a cycle, beside the computed ones."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.grade import GradeKind
from okr_api.services import cycles, key_results, objectives
from okr_api.services.grades import grade_key_result, grade_objective
from tests.acme import TODAY, Acme
from tests.services.import_export.files import bring, exported
from tests.services.people_of_never_down import RESPONSIBLE, able, actors_of

FINAL = "select external_id, score_at_end, final_score, outcome from key_result where external_id = any($1)"
OVERRIDE: dict[str, Any] = {"kind": GradeKind.OVERRIDE, "score": 0.9, "reason": "It was nearly there"}
NOT_MEASURED: dict[str, Any] = {"kind": GradeKind.NOT_MEASURED, "reason": "The counter broke"}
COMPUTED: dict[str, Any] = {"kind": GradeKind.COMPUTED}


@pytest.fixture
async def reviewed(acme: Acme) -> Acme:
    """Return Acme with its quarter in review; `macros` is at half, `backlog` was never measured."""
    await acme.check_in("macros", 5)
    await acme.done(cycles.begin_review, cycle="quarter")
    return acme


async def numbers(acme: Acme, id: UUID) -> tuple[Any, ...]:
    """Return score, floor, final score and final floor of an objective."""
    row = await acme.row("objective", id)
    return tuple(row[name] for name in ("score_at_end", "score_floor", "final_score", "final_floor"))


async def test_an_override_stands_beside_the_computed_score_and_moves_the_final_scores_above(reviewed: Acme):
    acme, before = reviewed, await reviewed.tables()
    id = await acme.done(grade_key_result, key_result="macros", **OVERRIDE)
    assert id == acme.macros
    assert await acme.written(before) == {
        "change": 1,
        "feed_head": 1,
        "key_result": 1,
        "key_result_version": 1,
        "objective": 3,
    }
    row, change = await acme.row("key_result", id), await acme.change()
    assert (row["progress"], row["score_at_end"], row["final_score"], row["version"]) == (0.5, 0.5, 0.9, 2)
    grade = row["grade"]
    assert (change["kind"], change["fields"]) == ("KEY_RESULT_GRADED", ["grade"])
    assert (change["reason"], change["node_id"]) == ("It was nearly there", id)
    assert grade == {
        "kind": "OVERRIDE",
        "score": 0.9,
        "computed_score": 0.5,
        "reason": "It was nearly there",
        "at": change["recorded_at"].isoformat(),
        "author_name": "tests",
        "author_person_id": None,
    }
    assert await numbers(acme, acme.clear_backlog) == (0.5, 0.25, 0.9, 0.45)
    assert await numbers(acme, acme.customers_stay) == (0.5, 0.0625, 0.9, 0.1125)
    assert await acme.verify() == []


async def test_an_objective_is_graded_itself_whatever_its_parts_are(reviewed: Acme):
    acme = reviewed
    await acme.done(grade_key_result, key_result="macros", **OVERRIDE)
    await acme.done(grade_objective, objective="clear_backlog", **OVERRIDE | {"score": 1.0})
    change = await acme.change()
    assert (change["kind"], change["node_id"]) == ("OBJECTIVE_GRADED", acme.clear_backlog)
    assert await numbers(acme, acme.clear_backlog) == (0.5, 0.25, 1.0, 1.0)
    assert await numbers(acme, acme.answer_fast) == (0.5, 0.25, 1.0, 1.0)
    assert (await acme.row("objective", acme.clear_backlog))["grade"]["computed_score"] == 0.5
    await acme.done(grade_objective, objective="answer_fast", **NOT_MEASURED)
    assert await numbers(acme, acme.answer_fast) == (0.5, 0.25, None, 0.0)
    assert await numbers(acme, acme.customers_stay) == (0.5, 0.0625, None, 0.0)
    assert await acme.verify() == []


async def test_another_grade_replaces_the_one_before_if_that_is_said_and_the_same_is_no_change(
    reviewed: Acme,
):
    acme = reviewed
    await acme.done(grade_key_result, key_result="macros", **OVERRIDE)
    before = await acme.tables()
    same = await acme.do(
        grade_key_result, key_result="macros", **OVERRIDE | {"reason": " It was nearly there "}
    )
    assert (same.is_unchanged, same.errors) == (True, ())
    assert await acme.tables() == before
    for other in (NOT_MEASURED, COMPUTED, OVERRIDE | {"score": 0.8}, OVERRIDE | {"reason": "Another"}):
        refusal = await acme.refused(grade_key_result, key_result="macros", **other)
        assert (refusal.code(), refusal.path) == ("ALREADY_GRADED", ("id",))
    await acme.done(grade_key_result, key_result="macros", **NOT_MEASURED, replace_grade=True)
    await acme.done(grade_key_result, key_result="macros", **COMPUTED, replace_grade=True)
    kinds = [row["grade"] and row["grade"]["kind"] for row in await acme.versions("key_result", acme.macros)]
    assert kinds == [None, "OVERRIDE", "NOT_MEASURED", "COMPUTED"]
    assert await numbers(acme, acme.clear_backlog) == (0.5, 0.25, 0.5, 0.25)
    refusal = await acme.refused(grade_key_result, key_result="macros", **OVERRIDE, expected_version=3)
    assert (refusal.code(), refusal.current_version) == ("VERSION_CONFLICT", 4)


async def test_a_confirmed_score_follows_a_late_check_in_and_an_override_does_not(reviewed: Acme):
    acme = reviewed
    await acme.check_in("backlog", 100)
    await acme.done(grade_key_result, key_result="macros", **COMPUTED)
    await acme.done(grade_key_result, key_result="backlog", **OVERRIDE)
    await acme.check_in("macros", 8)
    await acme.check_in("backlog", 0)
    rows = {row["external_id"]: row for row in await acme.fetch(FINAL, ["macros", "backlog"])}
    assert (rows["macros"]["score_at_end"], rows["macros"]["final_score"]) == (0.8, 0.8)
    assert (rows["backlog"]["score_at_end"], rows["backlog"]["final_score"]) == (1.0, 0.9)
    assert (await acme.row("key_result", acme.macros))["grade"]["computed_score"] == 0.5
    assert await acme.verify() == []


async def test_what_was_graded_is_closed_by_its_grade_and_keeps_it_when_reopened(reviewed: Acme):
    acme = reviewed
    for name in ("uptime", "errors", "load", "failover", "rollout", "latency"):
        await acme.done(grade_key_result, key_result=name, **NOT_MEASURED)
    refusal = await acme.refused(cycles.close_cycle, cycle="quarter")
    assert (refusal.code(), "'Backlog'" in refusal.message) == ("NOT_ALL_GRADED", True)
    await acme.done(grade_key_result, key_result="backlog", **OVERRIDE | {"score": 1.0})
    await acme.done(grade_key_result, key_result="macros", **OVERRIDE | {"score": 1.0})
    await acme.done(cycles.close_cycle, cycle="quarter")
    rows = await acme.fetch(FINAL, ["macros", "uptime"])
    assert {row["external_id"]: row["outcome"] for row in rows} == {"macros": "ACHIEVED", "uptime": None}
    outcomes = {row["external_id"]: row["outcome"] for row in await acme.fetch("select * from objective")}
    assert outcomes == {
        "answer_fast": "ACHIEVED",
        "clear_backlog": "ACHIEVED",
        "customers_stay": None,
        "never_down": None,
    }
    refusal = await acme.refused(grade_key_result, key_result="macros", **COMPUTED)
    assert (refusal.code(), refusal.path) == ("CYCLE_IS_CLOSED", ("id",))
    await acme.done(cycles.reopen_cycle, cycle="quarter", reason="Too soon")
    await acme.done(grade_key_result, key_result="macros", **COMPUTED, replace_grade=True)
    assert await numbers(acme, acme.clear_backlog) == (0.5, 0.25, 0.75, 0.75)
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("given", "code", "path"),
    (
        ({"kind": GradeKind.OVERRIDE, "reason": "R"}, "INVALID_INPUT", ("score",)),
        (OVERRIDE | {"score": 1.1}, "INVALID_INPUT", ("score",)),
        (OVERRIDE | {"score": -0.1}, "INVALID_INPUT", ("score",)),
        (OVERRIDE | {"score": float("nan")}, "INVALID_INPUT", ("score",)),
        (OVERRIDE | {"reason": " "}, "REASON_REQUIRED", ("reason",)),
        (OVERRIDE | {"reason": "x" * 10_001}, "INVALID_INPUT", ("reason",)),
        (NOT_MEASURED | {"reason": None}, "REASON_REQUIRED", ("reason",)),
        (NOT_MEASURED | {"score": 0.5}, "INVALID_INPUT", ("score",)),
        (COMPUTED | {"score": 0.5}, "INVALID_INPUT", ("score",)),
    ),
)
async def test_what_makes_no_grade_is_refused(
    reviewed: Acme, given: dict[str, Any], code: str, path: tuple[str, ...]
):
    refusal = await reviewed.refused(grade_key_result, key_result="macros", **given)
    assert (refusal.code(), refusal.path) == (code, path)
    refusal = await reviewed.refused(grade_objective, objective="clear_backlog", **given)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_only_what_counts_in_a_review_is_graded(acme: Acme):
    next_quarter = await acme.cycle("Next", TODAY + timedelta(days=60), state=cycles.CycleState.DRAFT)
    await acme.key_result(
        "K", await acme.objective("O", cycle=next_quarter, external_id="o"), external_id="k"
    )
    for service, ref in ((grade_key_result, {"key_result": "macros"}), (grade_objective, {"objective": "o"})):
        refusal = await acme.refused(service, **ref, **OVERRIDE)
        assert (refusal.code(), refusal.path) == ("CYCLE_IS_NOT_IN_REVIEW", ("id",))
    await acme.done(key_results.drop_key_result, key_result="errors", reason="R")
    await acme.done(objectives.pause_objective, objective="answer_fast", reason="R")
    await acme.objective("Draft", draft=True, external_id="draft")
    await acme.done(cycles.begin_review, cycle="quarter")
    for service, ref, code in (
        (grade_key_result, {"key_result": "errors"}, "STATE_DOES_NOT_FIT"),
        (grade_objective, {"objective": "answer_fast"}, "STATE_DOES_NOT_FIT"),
        (grade_key_result, {"key_result": "nobody"}, "NOT_FOUND"),
    ):
        assert (await acme.refused(service, **ref, **OVERRIDE)).code() == code
    refusal = await acme.refused(grade_key_result, key_result="backlog", **COMPUTED)
    assert (refusal.code(), refusal.path) == ("NOTHING_TO_CONFIRM", ("kind",))


async def test_those_who_are_responsible_for_an_objective_grade_it(acme: Acme):
    actors = await actors_of(acme)
    await acme.done(cycles.begin_review, cycle="quarter")
    graded: dict[str, Any] = OVERRIDE | {"expected_version": 999}
    assert await able(acme, actors, grade_key_result, key_result=acme.uptime, **graded) == RESPONSIBLE
    assert await able(acme, actors, grade_objective, objective=acme.never_down, **graded) == RESPONSIBLE


async def test_grades_come_in_with_an_export_alone(reviewed: Acme):
    acme = reviewed
    await acme.done(grade_key_result, key_result="macros", **OVERRIDE)
    await acme.done(grade_objective, objective="clear_backlog", **OVERRIDE | {"score": 1.0})
    written = json.loads(await exported(acme))
    rows = {row["id"]: row for row in written["key_results"]}
    assert rows["macros"]["grade"]["score"] == 0.9
    assert rows["macros"]["grade"]["author"] == {"name": "tests", "person_id": None}
    assert "grade" not in rows["backlog"]
    await acme.done(cycles.activate_cycle, cycle="quarter")
    measured = {"id": "new", "objective_id": "clear_backlog", "title": "New", "target": 1}
    graded = {"grade": {"kind": "NOT_MEASURED", "reason": "R", "at": "2026-10-01T00:00:00Z"}}
    report = await bring(acme, {"key_results": [measured | graded]})
    assert report.errors == []
    [row] = await acme.fetch("select grade, imported_fields from key_result where title = 'New'")
    assert row == {"grade": None, "imported_fields": graded}
