"""Revise a key result's target in an edit: append a `TargetRevision`, require a reason to make it easier."""

from dataclasses import replace

from okr_api.auth.actor import Actor
from okr_api.okr.cycle import CycleState
from okr_api.okr.errors import ReasonRequired, TooMany
from okr_api.okr.key_result import KeyResult
from okr_api.okr.target_revision import MAX_TARGET_REVISIONS, TargetRevision, eases_target
from okr_api.store.unit_of_work import Work


def with_revision(
    work: Work, actor: Actor, known: KeyResult, edited: KeyResult, reason: str | None
) -> KeyResult:
    """Return the edited key result with the revision of its target, if the edit is one.

    While the cycle or the objective is a draft, targets are still being set.

    Raises:
        ReasonRequired: the target is eased without a reason.
        TooMany: it was revised too often.
    """
    objective = work.tree.objectives[known.objective_id]
    planned = objective.is_unpublished or work.tree.cycle_of(objective.id).state is CycleState.DRAFT
    if planned or known.measure == edited.measure:
        return edited
    start = work.tree.key_result_standings[known.id].start_value
    eased = eases_target(known.measure, edited.measure, start=start)
    if eased and not (reason or "").strip():
        raise ReasonRequired(
            "This makes the target easier to reach than before; say why in `reason`", path=["reason"]
        )
    if len(known.target_revisions) >= MAX_TARGET_REVISIONS:
        raise TooMany(f"A target is revised at most {MAX_TARGET_REVISIONS} times", path=["targetValue"])
    revision = TargetRevision(
        at=work.clock,
        author_name=actor.author.name,
        author_person_id=actor.author.person_id,
        reason=reason,
        before=known.measure,
        after=edited.measure,
        eased=eased,
    )
    return replace(edited, target_revisions=(*known.target_revisions, revision))
