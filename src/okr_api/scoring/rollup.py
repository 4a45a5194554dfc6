"""Where an objective stands, by its parts.

Every mean is local: the weighted mean over the direct parts that count, each already held within
0 and 1. A part that is merely unmeasured counts as 0; one whose progress cannot be computed is
left out. Both lower the coverage, which says how much of the weight has been measured. Nothing
that counts gives no number and a reason, never 0. What is aligned to a key result counts as a part
of the objective that owns the key result; and a child contributes at most once, with the larger
of its weights.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from okr_api.okr.cycle import CycleState
from okr_api.okr.numbers import mean_of_known
from okr_api.okr.objective import Objective, ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.okr.standing import Curve, KeyResultStanding, ObjectiveStanding, ProgressReason, Status
from okr_api.okr.tree import Tree

from .grade import outcome_of
from .pace import mean_curve
from .status import paced, pending_until, shown


class Part(NamedTuple):
    """A key result or an objective as its parent sees it."""

    id: UUID
    weight: float
    progress: float | None
    coverage: float
    confidence: float | None
    lowest_confidence: float | None
    score: float | None
    score_floor: float
    partial: bool
    expected: Curve


def parts_of(tree: Tree, objective: Objective) -> tuple[ProgressSource, list[Part]]:
    """The parts that count, and where they come from: key results, objectives or both."""
    own = [
        _key_result_part(key_result.id, key_result.weight, tree.key_result_standings[key_result.id])
        for key_result in tree.key_results_of(objective.id)
        if key_result.counts
    ]
    source = objective.progress_source
    if source is ProgressSource.AUTO:
        source = ProgressSource.KEY_RESULTS if own else ProgressSource.OBJECTIVES
    if source is ProgressSource.KEY_RESULTS:
        return source, own
    contributing = [
        _objective_part(child, weight, tree.objective_standings[child])
        for child, weight in contributions_to(tree, objective.id).items()
    ]
    return source, contributing if source is ProgressSource.OBJECTIVES else own + contributing


def contributions_to(tree: Tree, objective_id: UUID) -> dict[UUID, float]:
    """The objectives that count towards an objective, each once, with the larger of its weights."""
    weights: dict[UUID, float] = {}
    for alignment in tree.served_by(objective_id):
        through = tree.key_results.get(alignment.parent_id)
        if through is not None and not through.counts:
            continue
        if alignment.counts and tree.objectives[alignment.child_id].counts:
            weights[alignment.child_id] = max(alignment.weight, weights.get(alignment.child_id, 0.0))
    return weights


def _key_result_part(id: UUID, weight: float, standing: KeyResultStanding) -> Part:
    unmeasured = standing.progress_reason is ProgressReason.NOT_MEASURED
    return Part(
        id=id,
        weight=weight,
        progress=0.0 if unmeasured else standing.progress,
        coverage=standing.coverage,
        confidence=standing.confidence,
        lowest_confidence=standing.confidence,
        score=standing.score_at_end,
        score_floor=standing.score_at_end or 0.0,
        partial=standing.score_at_end is None,
        expected=standing.expected,
    )


def _objective_part(id: UUID, weight: float, standing: ObjectiveStanding) -> Part:
    return Part(
        id=id,
        weight=weight,
        progress=standing.progress,
        coverage=standing.coverage or 0.0,
        confidence=standing.confidence,
        lowest_confidence=standing.lowest_confidence,
        score=standing.score_at_end,
        score_floor=standing.score_floor or 0.0,
        partial=standing.partial or standing.score_at_end is None,
        expected=standing.expected,
    )


def standing_of_objective(tree: Tree, objective: Objective) -> ObjectiveStanding:
    """All stored numbers of an objective, from its parts as they stand."""
    source, parts = parts_of(tree, objective)
    weights = [part.weight for part in parts]

    def mean(values: Sequence[float | None]) -> float | None:
        return mean_of_known(weights, values)

    progress, reason = progress_over(parts)
    curve = mean_curve((part.weight, part.expected) for part in parts if part.progress is not None)
    cycle = tree.cycle_of(objective.id)
    begin, end = cycle.starts_at(tree.zone), cycle.ends_at(tree.zone)
    score = mean([part.score for part in parts])
    judged = cycle.state is not CycleState.DRAFT and objective.state is not ObjectiveState.DRAFT
    derived = paced(progress if judged else None, curve, judged_from=pending_until(begin, end))
    outcome = _outcome(objective, score)
    return ObjectiveStanding(
        progress=progress,
        progress_reason=reason,
        progress_from=source,
        coverage=mean([part.coverage for part in parts]),
        confidence=mean([part.confidence for part in parts]),
        lowest_confidence=min(_known(part.lowest_confidence for part in parts), default=None),
        score_at_end=score,
        score_floor=mean([part.score_floor for part in parts]),
        partial=any(part.partial for part in parts),
        outcome=outcome,
        expected=curve,
        derived=derived,
        status=shown(derived, settled=outcome or SET_ASIDE.get(objective.state)),
    )


def progress_over(parts: list[Part]) -> tuple[float | None, ProgressReason | None]:
    """The mean progress of the parts, or the reason why there is none."""
    if not parts:
        return None, ProgressReason.NOTHING_COUNTS
    mean = mean_of_known([part.weight for part in parts], [part.progress for part in parts])
    return mean, ProgressReason.NOTHING_COMPUTABLE if mean is None else None


SET_ASIDE = {ObjectiveState.PAUSED: Status.PAUSED, ObjectiveState.DROPPED: Status.DROPPED}


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _outcome(objective: Objective, score: float | None) -> Status | None:
    """How it ended, once it is closed; learning is not achieved or missed."""
    if objective.state is not ObjectiveState.CLOSED or objective.kind is ObjectiveKind.LEARNING:
        return None
    return outcome_of(score, objective.expectation)
