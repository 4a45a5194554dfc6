"""Review records: what is said of an objective at the end of its cycle, and decided about it."""

from typing import Any

import pytest

from okr_api.okr.grade import GradeKind
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.review_record import ReviewDecision, RootCause, needs_root_cause
from okr_api.okr.visibility import Visibility
from okr_api.services import cycles, objectives
from okr_api.services.grades import grade_key_result, grade_objective
from okr_api.services.reviews import delete_review, edit_review, record_review
from okr_api.store.hidden_rows import hidden_among
from tests.acme import Acme
from tests.services.import_export.files import bring
from tests.services.people_of_never_down import RESPONSIBLE, able, actors_of

KEPT: dict[str, Any] = {"decision": ReviewDecision.KEEP, "decision_reason": "Half is not all"}
SAID: dict[str, Any] = KEPT | {"root_cause": RootCause.CAPACITY}
WRITTEN = {"change": 1, "feed_head": 1, "review_record": 1, "review_record_version": 1}


@pytest.fixture
async def reviewed(acme: Acme) -> Acme:
    """Return Acme with its quarter in review; `macros` is at half."""
    await acme.check_in("macros", 5)
    await acme.done(cycles.begin_review, cycle="quarter")
    return acme


async def test_a_review_goes_from_recorded_over_edited_to_deleted_and_recorded_again(reviewed: Acme):
    acme, before = reviewed, await reviewed.tables()
    id = await acme.done(
        record_review,
        objective="clear_backlog",
        **SAID,
        went_well=" As *written*\n",
        did_not="The rest",
        learned="Write less",
        celebration="Ben stayed late",
        external_id="said",
    )
    assert await acme.written(before) == WRITTEN | {"lesson": 1, "lesson_version": 1}
    made: dict[str, Any] = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "said",
        "objective_id": acme.clear_backlog,
        "decision": "KEEP",
        "decision_reason": "Half is not all",
        "went_well": " As *written*\n",
        "did_not": "The rest",
        "learned": "Write less",
        "celebration": "Ben stayed late",
        "root_cause": "CAPACITY",
        "version": 1,
        "removed": False,
    }
    assert await acme.row("review_record", id) == made
    change = await acme.change()
    assert (change["kind"], change["node_type"], change["node_id"]) == (
        "REVIEW_RECORD_CREATED",
        "REVIEW_RECORD",
        id,
    )
    refusal = await acme.refused(record_review, objective="clear_backlog", **SAID)
    assert (refusal.code(), refusal.path) == ("ALREADY_REVIEWED", ("id",))
    edits = {"decision": ReviewDecision.MODIFY, "celebration": None}
    await acme.done(edit_review, review_record="said", edits=edits, expected_version=1)
    made |= {"decision": "MODIFY", "celebration": None, "version": 2}
    assert await acme.row("review_record", id) == made
    assert (await acme.do(edit_review, review_record="said", edits=edits)).is_unchanged
    await acme.done(delete_review, review_record=id)
    assert (await acme.change())["kind"] == "REVIEW_RECORD_DELETED"
    assert (await acme.refused(edit_review, review_record=id, edits=edits)).code() == "NOT_FOUND"
    await acme.done(record_review, objective="clear_backlog", **SAID, external_id="said")
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("kind", "score", "needed"),
    (
        (ObjectiveKind.COMMITTED, 0.99, True),
        (ObjectiveKind.COMMITTED, 1 - 1e-10, False),
        (ObjectiveKind.COMMITTED, 1.0, False),
        (ObjectiveKind.ASPIRATIONAL, 0.39, True),
        (ObjectiveKind.ASPIRATIONAL, 0.4, False),
        (ObjectiveKind.ASPIRATIONAL, 0.0, True),
        (ObjectiveKind.LEARNING, 0.0, False),
        (ObjectiveKind.COMMITTED, None, False),
    ),
)
def test_only_what_fell_short_needs_a_root_cause(kind: ObjectiveKind, score: float | None, needed: bool):
    assert needs_root_cause(kind, score) is needed


async def test_a_root_cause_is_needed_by_the_score_as_it_was_graded(reviewed: Acme):
    acme = reviewed
    refusal = await acme.refused(record_review, objective="clear_backlog", **KEPT)
    assert (refusal.code(), refusal.path) == ("ROOT_CAUSE_REQUIRED", ("rootCause",))
    overridden = {"kind": GradeKind.OVERRIDE, "score": 1.0, "reason": "The other half came by post"}
    await acme.done(grade_objective, objective="clear_backlog", **overridden)
    await acme.done(record_review, objective="clear_backlog", **KEPT, external_id="said")
    lower = overridden | {"score": 0.2, "replace_grade": True}
    await acme.done(grade_objective, objective="clear_backlog", **lower)
    refusal = await acme.refused(edit_review, review_record="said", edits={"learned": "Much"})
    assert refusal.code() == "ROOT_CAUSE_REQUIRED"
    edits = {"root_cause": RootCause.OTHER}
    await acme.done(edit_review, review_record="said", edits=edits)
    refusal = await acme.refused(edit_review, review_record="said", edits={"root_cause": None})
    assert refusal.code() == "ROOT_CAUSE_REQUIRED"
    await acme.done(grade_key_result, key_result="uptime", kind=GradeKind.NOT_MEASURED, reason="R")
    await acme.done(record_review, objective="never_down", **KEPT)  # it has no score


@pytest.mark.parametrize(
    ("given", "code", "path"),
    (
        ({"decision_reason": " "}, "REASON_REQUIRED", ("decisionReason",)),
        ({"decision_reason": "x" * 10_001}, "INVALID_INPUT", ("decisionReason",)),
        ({"learned": "x" * 10_001}, "INVALID_INPUT", ("learned",)),
        ({"went_well": "\0"}, "INVALID_INPUT", ("wentWell",)),
    ),
)
async def test_what_makes_no_review_is_refused(
    reviewed: Acme, given: dict[str, Any], code: str, path: tuple[str, ...]
):
    refusal = await reviewed.refused(record_review, objective="clear_backlog", **SAID | given)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_reviews_are_recorded_edited_and_deleted_in_review_alone(acme: Acme):
    refusal = await acme.refused(record_review, objective="clear_backlog", **SAID)
    assert (refusal.code(), refusal.path) == ("CYCLE_IS_NOT_IN_REVIEW", ("id",))
    await acme.done(objectives.pause_objective, objective="answer_fast", reason="R")
    await acme.done(cycles.begin_review, cycle="quarter")
    assert (await acme.refused(record_review, objective="answer_fast", **SAID)).code() == "STATE_DOES_NOT_FIT"
    await acme.done(record_review, objective="clear_backlog", **SAID, external_id="said")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="R")
    edits = {"edits": {"learned": "More"}}
    for service, more in ((edit_review, edits), (delete_review, {})):
        assert (await acme.refused(service, review_record="said", **more)).code() == "CYCLE_IS_CLOSED"


async def test_those_who_are_responsible_for_an_objective_review_it(acme: Acme):
    actors = await actors_of(acme)
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(record_review, objective="never_down", **SAID, external_id="said")
    given: dict[str, Any] = {"expected_version": 999}
    assert await able(acme, actors, edit_review, review_record="said", edits={}, **given) == RESPONSIBLE
    assert await able(acme, actors, delete_review, review_record="said", **given) == RESPONSIBLE
    outcome = await acme.do(record_review, by=actors["max"], objective="clear_backlog", **SAID)
    assert [each.code() for each in outcome.errors] == ["FORBIDDEN"]


async def test_a_review_is_hidden_with_its_objective(reviewed: Acme):
    acme = reviewed
    id = await acme.done(record_review, objective="clear_backlog", **SAID)
    await acme.fetch(
        "update objective set visibility = 'PRIVATE', viewer_ids = array[$2]::uuid[] where id = $1 returning id",
        acme.clear_backlog,
        acme.ben,
    )
    async with acme.database.of(acme.organization.id) as connection:
        for person, hidden in ((acme.ben, set()), (acme.cem, {id})):
            sight = Visibility(drafts=True, restricted=False, person_id=person)
            assert await hidden_among(connection, acme.organization.id, [id], sight) == hidden


async def test_reviews_come_in_with_files_and_one_for_each_objective(reviewed: Acme):
    acme = reviewed
    row = {"id": "r1", "objective_id": "clear_backlog", "decision": "KEEP", "decision_reason": "R"}
    assert (await bring(acme, {"review_records": [row]})).errors == []
    report = await bring(acme, {"review_records": [row | {"id": "r2"}]})
    assert [each.code for each in report.errors] == ["ALREADY_EXISTS"]
    report = await bring(acme, {"review_records": [row | {"root_cause": "other", "learned": "L"}]})
    assert (report.errors, report.counts["review_records"].updated) == ([], 1)
    [kept] = await acme.fetch("select external_id, root_cause, learned, version from review_record")
    assert kept == {"external_id": "small:r1", "root_cause": "OTHER", "learned": "L", "version": 2}
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="R")
    report = await bring(acme, {"review_records": [row | {"learned": "Too late"}]})
    assert [each.code for each in report.errors] == ["CYCLE_IS_CLOSED"]
