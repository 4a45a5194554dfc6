"""Closing a cycle: what a refusal says is missing, and what an organisation that requires reviews needs."""

from typing import Any

from okr_api.okr.errors import Refused
from okr_api.okr.grade import GradeKind
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.services import cycles, objectives, organization
from okr_api.services.closing import MAX_REVIEW_GAPS_LISTED
from okr_api.services.grades import grade_key_result, grade_objective
from okr_api.services.reviews import edit_review, record_review
from tests.acme import MORE_OBJECTIVES, Acme

KEPT: dict[str, Any] = {"decision": ReviewDecision.KEEP, "decision_reason": "R"}
OVERRIDE: dict[str, Any] = {"kind": GradeKind.OVERRIDE, "score": 1.0, "reason": "R"}
NOT_MEASURED: dict[str, Any] = {"kind": GradeKind.NOT_MEASURED, "reason": "R"}


def missing(refusal: Refused) -> list[tuple[str, str]]:
    """Return what a refusal lists, as pairs of a title and a need."""
    return [(gap.title, gap.need.value) for gap in refusal.missing]


async def a_quarter(acme: Acme, required: bool) -> None:
    """Begin the review of a cycle with three objectives and two key results, of which one was measured."""
    await acme.done(organization.edit_organization, edits={"review_required": required})
    await acme.cycle("Short", external_id="short")
    await acme.objective("A", external_id="a")
    await acme.key_result("One", "a", external_id="one")
    await acme.key_result("Two", "a", external_id="two")
    await acme.objective("B", external_id="b")
    await acme.objective("L", kind=ObjectiveKind.LEARNING, external_id="l")
    for state in ("paused", "dropped", "draft"):
        await acme.objective(state, draft=state == "draft", external_id=state)
    await acme.done(objectives.pause_objective, objective="paused", reason="R")
    await acme.done(objectives.drop_objective, objective="dropped", reason="R")
    await acme.done(cycles.begin_review, cycle="short")
    await acme.check_in("one", 50)


async def test_where_reviews_are_required_a_refusal_lists_all_that_is_missing(acme: Acme):
    await a_quarter(acme, required=True)
    refusal = await acme.refused(cycles.close_cycle, cycle="short")
    assert (refusal.code(), refusal.path) == ("NOT_ALL_GRADED", ("notMeasuredReason",))
    assert refusal.message.startswith("2 key results and objectives have no score, 'Two' first; grade them")
    whole = [("Two", "GRADE"), ("A", "REVIEW"), ("B", "GRADE"), ("B", "REVIEW"), ("L", "REVIEW")]
    assert missing(refusal) == whole
    await acme.done(grade_key_result, key_result="two", **NOT_MEASURED)
    await acme.done(grade_objective, objective="b", **OVERRIDE)
    refusal = await acme.refused(cycles.close_cycle, cycle="short")
    assert (refusal.code(), refusal.path) == ("NOT_ALL_REVIEWED", ("id",))
    assert missing(refusal) == [("A", "REVIEW"), ("B", "REVIEW"), ("L", "REVIEW")]
    await acme.done(grade_objective, objective="a", **OVERRIDE)
    for name in ("a", "b", "l"):
        await acme.done(record_review, objective=name, **KEPT, external_id=f"of_{name}")
    lower = OVERRIDE | {"score": 0.9, "replace_grade": True}
    await acme.done(grade_objective, objective="a", **lower)
    refusal = await acme.refused(cycles.close_cycle, cycle="short")
    assert (refusal.code(), missing(refusal)) == ("NOT_ALL_REVIEWED", [("A", "ROOT_CAUSE")])
    assert refusal.message == (
        "1 objective has no review, or one without the root cause that it needs, 'A' first"
    )
    await acme.done(edit_review, review_record="of_a", edits={"root_cause": RootCause.OTHER})
    await acme.done(cycles.close_cycle, cycle="short")
    assert await acme.verify() == []


async def test_a_reason_excuses_from_grades_and_not_from_reviews(acme: Acme):
    await a_quarter(acme, required=True)
    refusal = await acme.refused(cycles.close_cycle, cycle="short", not_measured_reason="R")
    assert refusal.code() == "NOT_ALL_REVIEWED"
    assert missing(refusal) == [("A", "REVIEW"), ("B", "REVIEW"), ("L", "REVIEW")]


async def test_without_that_setting_only_grades_of_key_results_are_needed(acme: Acme):
    assert acme.organization.review_required is False
    await a_quarter(acme, required=False)
    refusal = await acme.refused(cycles.close_cycle, cycle="short")
    assert (refusal.code(), missing(refusal)) == ("NOT_ALL_GRADED", [("Two", "GRADE")])
    await acme.done(grade_key_result, key_result="two", **NOT_MEASURED)
    await acme.done(cycles.close_cycle, cycle="short")


async def test_what_the_actor_does_not_see_is_counted_and_not_named(acme: Acme):
    await a_quarter(acme, required=True)
    await acme.fetch(
        "update objective set visibility = 'PRIVATE', viewer_ids = array[$1]::uuid[] where external_id in ('a', 'b')"
        " returning id",
        acme.ann,
    )
    refusal = await acme.refused(cycles.close_cycle, cycle="short")
    assert missing(refusal) == [("L", "REVIEW")]
    assert refusal.message == (
        "2 key results and objectives have no score; grade them, or say in notMeasuredReason why they were not "
        "measured; 4 more are not listed"
    )


async def test_a_refusal_lists_200_of_what_is_missing_and_counts_the_rest(acme: Acme):
    await acme.done(organization.edit_organization, edits={"review_required": True})
    await acme.cycle("Short", external_id="short")
    first = await acme.objective("L", kind=ObjectiveKind.LEARNING)
    await acme.fetch(f"{MORE_OBJECTIVES} returning id", first, MAX_REVIEW_GAPS_LISTED)
    await acme.done(cycles.begin_review, cycle="short")
    refusal = await acme.refused(cycles.close_cycle, cycle="short")
    assert len(refusal.missing) == MAX_REVIEW_GAPS_LISTED
    assert refusal.message == (
        "201 objectives have no review, or one without the root cause that it needs, 'L' first; "
        "1 more is not listed"
    )
