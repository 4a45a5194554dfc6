"""Mutations of grades: confirm, override or set aside the score of a key result or an objective in review."""

from dataclasses import replace

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import StateDoesNotFit
from okr_api.okr.grade import Grade, GradeKind
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.numbers import finite
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.okr.policy import Action
from okr_api.okr.review_errors import AlreadyGraded
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change, unchanged
from .mutation_runner import MutationResult
from .permissions import authorize
from .references import Ref, check_version, key_result_at, long_text, objective_at


async def grade_key_result(
    work: Work,
    actor: Actor,
    *,
    key_result: Ref,
    kind: GradeKind,
    score: float | None = None,
    reason: str | None = None,
    replace_grade: bool = False,
    expected_version: int | None = None,
) -> MutationResult:
    """Grade a key result; with `replace_grade`, instead of the grade that it has.

    Raises:
        AlreadyGraded: it has another grade, which is not to be replaced.
        CycleIsNotInReview: the cycle is a draft or active.
        StateDoesNotFit: it is paused or dropped, or its objective is not published.
        InvalidInput, ReasonRequired, NothingToConfirm: as `Grade.checked`.
    """
    reason = long_text((reason or "").strip(), "reason")
    known = await key_result_at(work, key_result)
    objective = work.tree.objectives[known.objective_id]
    await authorize(work, actor, Action.REVIEW, objective, key_result.path)
    check_version(known.version, expected_version)
    check_in_review(work, objective, key_result)
    if known.state is not KeyResultState.ACTIVE:
        message = f"{known.title!r} is {known.state}; only an active key result is graded"
        raise StateDoesNotFit(message, path=key_result.path)
    computed = work.tree.key_result_standings[known.id].score_at_end
    grade = _given(work, actor, kind, score, reason, computed)
    if grade.says_the_same(known.grade):
        return unchanged(work, known.id)
    _check_replaced(known, replace_grade, key_result)
    work.tree.put_key_result(replace(known, grade=grade, version=known.version + 1))
    work.touch(key_results=[known.id], objectives=[known.objective_id])
    return await _recorded(work, actor, ChangeKind.KEY_RESULT_GRADED, known, grade)


async def grade_objective(
    work: Work,
    actor: Actor,
    *,
    objective: Ref,
    kind: GradeKind,
    score: float | None = None,
    reason: str | None = None,
    replace_grade: bool = False,
    expected_version: int | None = None,
) -> MutationResult:
    """Grade an objective, whose computed score follows from its parts; see `grade_key_result`."""
    reason = long_text((reason or "").strip(), "reason")
    known = await objective_at(work, objective)
    await authorize(work, actor, Action.REVIEW, known, objective.path)
    check_version(known.version, expected_version)
    check_in_review(work, known, objective)
    computed = work.tree.objective_standings[known.id].score_at_end
    grade = _given(work, actor, kind, score, reason, computed)
    if grade.says_the_same(known.grade):
        return unchanged(work, known.id)
    _check_replaced(known, replace_grade, objective)
    work.tree.objectives[known.id] = replace(known, grade=grade, version=known.version + 1)
    work.touch(objectives=[known.id])
    return await _recorded(work, actor, ChangeKind.OBJECTIVE_GRADED, known, grade)


def check_in_review(work: Work, objective: Objective, ref: Ref) -> None:
    """Raise unless the objective is published, and its cycle in review."""
    work.tree.cycle_of(objective.id).takes_reviews(ref.path)
    if objective.state is not ObjectiveState.PUBLISHED:
        message = f"{objective.title!r} is {objective.state}; only a published objective is reviewed"
        raise StateDoesNotFit(message, path=ref.path)


def _given(
    work: Work,
    actor: Actor,
    kind: GradeKind,
    score: float | None,
    reason: str | None,
    computed: float | None,
) -> Grade:
    """Return the grade that the actor gives now."""
    return Grade(
        kind=kind,
        score=None if score is None else finite(score, "score"),
        computed_score=computed,
        reason=reason,
        at=work.now,
        author_name=actor.author.name,
        author_person_id=actor.author.person_id,
    ).checked()


def _check_replaced(known: KeyResult | Objective, replace_grade: bool, ref: Ref) -> None:
    """Raise `AlreadyGraded` if there is a grade that is not to be replaced."""
    if known.grade is not None and not replace_grade:
        message = f"{known.title!r} is graded {known.grade.kind} already; `replace` gives it another grade"
        raise AlreadyGraded(message, path=ref.path)


async def _recorded(
    work: Work, actor: Actor, kind: ChangeKind, graded: KeyResult | Objective, grade: Grade
) -> MutationResult:
    node_type = NodeType.KEY_RESULT if isinstance(graded, KeyResult) else NodeType.OBJECTIVE
    return await record_change(
        work, actor, kind, node_type, graded.id, fields=("grade",), reason=grade.reason
    )
