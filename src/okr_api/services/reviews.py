"""Mutations of review records: record, edit and delete the review of an objective, in that of its cycle."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.errors import ReasonRequired
from okr_api.okr.objective import Objective
from okr_api.okr.policy import Action
from okr_api.okr.review_errors import AlreadyReviewed
from okr_api.okr.review_record import ReviewRecord
from okr_api.scoring.grading import graded_by
from okr_api.store.database import new_id
from okr_api.store.review_lookup import root_causes_of
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .grades import check_in_review
from .measured_references import holder_of
from .mutation_runner import MutationResult
from .permissions import authorize
from .plain_entities import create, edit, remove
from .references import Ref, check_version, entity_at, objective_at
from .review_lessons import make_lesson, revise_lesson


async def record_review(work: Work, actor: Actor, *, objective: Ref, **values: Any) -> MutationResult:
    """Record the review of an objective, which has none yet; what was learned makes a lesson.

    Raises:
        CycleIsNotInReview: the cycle is a draft or active.
        StateDoesNotFit: the objective is not published.
        AlreadyReviewed: there is a review of the objective.
        ReasonRequired: nothing says why this was decided.
        RootCauseRequired: the objective fell short, and no root cause is given.
        InvalidInput: a text is too long.
    """
    known = await objective_at(work, objective)
    await authorize(work, actor, Action.REVIEW, known, objective.path)
    _check_reason(values)
    values = await new_values(work, ReviewRecord, new_id(), values)
    check_in_review(work, known, objective)
    if await root_causes_of(work.connection, work.organization.id, [known.id]):
        message = f"{known.title!r} is reviewed already; `reviewRecordUpdate` edits its review"
        raise AlreadyReviewed(message, path=objective.path)
    review = ReviewRecord(**values, objective_id=known.id).checked(known, _final_score(work, known))
    make_lesson(work, actor, review)
    return await create(work, actor, ChangeKind.REVIEW_RECORD_CREATED, review)


async def edit_review(
    work: Work,
    actor: Actor,
    *,
    review_record: Ref,
    edits: Mapping[str, Any],
    expected_version: int | None = None,
) -> MutationResult:
    """Edit a review while the cycle is in review; raises the errors of `record_review`."""
    known, objective = await _editable(work, actor, review_record, expected_version)
    _check_reason(edits)
    edits = await resolve_values(work, ReviewRecord, known.id, edits, known)
    check_in_review(work, objective, review_record)
    edited = replace(known, **edits).checked(objective, _final_score(work, objective))
    await revise_lesson(work, actor, known, edited)
    return await edit(work, actor, ChangeKind.REVIEW_RECORD_UPDATED, known, edits)


async def delete_review(
    work: Work, actor: Actor, *, review_record: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a review softly while the cycle is in review, so that another one can be recorded.

    The lesson that it has made is deleted with it, unless it was edited since.
    """
    known, objective = await _editable(work, actor, review_record, expected_version)
    check_in_review(work, objective, review_record)
    await revise_lesson(work, actor, known, replace(known, learned=None))
    return await remove(work, actor, ChangeKind.REVIEW_RECORD_DELETED, known, expected_version)


async def _editable(
    work: Work, actor: Actor, ref: Ref, expected_version: int | None
) -> tuple[ReviewRecord, Objective]:
    """Return a review that the actor may edit, in the expected version, and its objective."""
    known = await entity_at(work, ReviewRecord, ref)
    objective = await holder_of(work, known.objective_id, None, ref.not_found("review record"))
    await authorize(work, actor, Action.REVIEW, objective, ref.path)
    check_version(known.version, expected_version)
    return known, objective


def _final_score(work: Work, objective: Objective) -> float | None:
    """Return the score that the outcome of the objective will follow."""
    standing = work.tree.objective_standings[objective.id]
    return graded_by(standing.final_score, standing.final_floor)


def _check_reason(values: Mapping[str, Any]) -> None:
    """Raise `ReasonRequired` if an empty reason is given for what was decided."""
    if "decision_reason" in values and not (values["decision_reason"] or "").strip():
        raise ReasonRequired("Say why this was decided", path=["decisionReason"])
