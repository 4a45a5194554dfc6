"""Roll-up: which parts and guard-rails count in an objective, and its stored numbers, status and outcome.

Every mean is local: the weighted mean over the direct parts that count, each already clamped to 0…1. A
part that only lacks a reading counts as 0; one whose progress cannot be computed is left out. Both
lower the coverage, the share of the weight that has been measured. If nothing counts there is no
number but a reason, never 0. What is aligned to a key result counts as a part of the objective that
owns the key result; a child contributes at most once, with the larger of its weights.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from okr_api.okr.computed_values import (
    Curve,
    KeyResultStanding,
    ObjectiveStanding,
    ProgressReason,
    Status,
    Timeline,
)
from okr_api.okr.key_result import KeyResult
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.numbers import mean_of_known
from okr_api.okr.objective import (
    Objective,
    ProgressSource,
)
from okr_api.okr.rollup_summary import GuardRail, KeyResultPart, ObjectivePart
from okr_api.okr.tree import Tree

from .frozen_rules import cut_curve, cut_timeline
from .lineage import as_counted, lineage_of_objective, newest_of_lineages
from .objective_report import report_of
from .objective_scores import scores_of
from .objective_status import band_of_objective, outcome_of_objective, shown_status
from .pace import mean_curve
from .progress import progress_as_part
from .status import (
    at_best,
    is_planned,
    paced,
    pending_until,
)

Standing = KeyResultStanding | ObjectiveStanding
Part = Standing | KeyResultPart | ObjectivePart  # a node as its parent sees it: loaded or as a summary


class Counting(NamedTuple):
    """Parts that count towards an objective, key results first, and their weights in the same order.

    `guard_rails` are its guard-rails in force, which count in no mean.
    """

    source: ProgressSource
    key_results: tuple[UUID, ...]
    objectives: tuple[UUID, ...]
    weights: tuple[float, ...]
    guard_rails: tuple[UUID, ...]


def counting_in(tree: Tree, objective: Objective) -> Counting:
    """Return the parts that count; cached in the tree until its plan is edited."""
    known: Counting | None = tree.counting.get(objective.id)
    if known is None:
        known = tree.counting[objective.id] = _counting(tree, objective)
    return known


def _counting(tree: Tree, objective: Objective) -> Counting:
    nodes = {id: _key_result(tree, id) for id in tree.key_result_ids_of(objective.id)}
    own = {id: one.weight for id, one in nodes.items() if one.counts}
    source = objective.progress_source
    if source is ProgressSource.AUTO:
        source = ProgressSource.KEY_RESULTS if own else ProgressSource.OBJECTIVES
    if source is ProgressSource.OBJECTIVES:
        own = {}
    aligned = {} if source is ProgressSource.KEY_RESULTS else contributions_to(tree, objective.id)
    guard_rails = tuple(id for id, one in nodes.items() if _guards(one))
    return Counting(source, tuple(own), tuple(aligned), (*own.values(), *aligned.values()), guard_rails)


def contributions_to(tree: Tree, objective_id: UUID) -> dict[UUID, float]:
    """Return the weights of the objectives that count towards an objective, the larger if aligned twice.

    Of several of one lineage, only the newest counts.
    """
    weights: dict[UUID, float] = {}
    for alignment in tree.served_by(objective_id):
        through, child = alignment.parent_key_result_id, alignment.child_id
        if through is not None and not _key_result(tree, through).counts:
            continue
        if alignment.counts and (tree.objectives.get(child) or tree.objective_parts[child]).counts:
            weights[child] = max(alignment.weight, weights.get(child, 0.0))
    return newest_of_lineages(tree, weights)


def _key_result(tree: Tree, id: UUID) -> KeyResult | KeyResultPart:
    return tree.key_results.get(id) or tree.key_result_parts[id]


def _guards(one: KeyResult | KeyResultPart) -> bool:
    return one.guards if isinstance(one, KeyResult) else one.guard is not None


def guard_rails_of(tree: Tree, objective: Objective) -> list[GuardRail]:
    """Return the guard-rails in force of an objective."""
    return [_guard_rail(tree, id) for id in counting_in(tree, objective).guard_rails]


def _guard_rail(tree: Tree, id: UUID) -> GuardRail:
    if id in tree.key_results:
        guard = GuardRail.of(tree.key_results[id], tree.key_result_standings[id])
    else:
        guard = tree.key_result_parts[id].guard
    assert guard is not None
    return guard


def bends(before: Standing | None, after: Standing) -> bool:
    """Return whether a changed part changes the curve of its parent, which readings rarely do."""
    return (
        before is None
        or before.expected != after.expected
        or _share_behind(before) != _share_behind(after)
        or (progress_as_part(before) is None) != (progress_as_part(after) is None)
    )


def _share_behind(standing: Standing) -> float:
    return standing.lineage.share if standing.lineage else 0.0


def may_bend(measure: Measure) -> bool:
    """Return whether a reading can change the curve: it starts a limit's, or sets a missing start value."""
    travels = measure.kind in (KeyResultMeasure.INCREASE, KeyResultMeasure.DECREASE)
    return measure.is_limit or (travels and measure.start_value is None)


def standing_of_objective(
    tree: Tree, objective: Objective, curve: Curve | None = None, *, announced_at: datetime | None = None
) -> ObjectiveStanding:
    """Return all stored numbers of an objective, from the standings of its parts.

    `curve` is its expected progress if known; otherwise it is the mean of the parts' curves. `announced_at`
    is the instant of the change that stores them.
    """
    counting = counting_in(tree, objective)
    own = [tree.key_result_standings.get(id) or tree.key_result_parts[id] for id in counting.key_results]
    aligned = [as_counted(tree, objective, id) for id in counting.objectives]
    parts: list[Part] = [*own, *aligned]
    each_progress = [progress_as_part(part) for part in parts]
    if curve is None:
        curve = _mean_curve(counting.weights, parts, each_progress)
    sure = [*[part.confidence for part in own], *[part.lowest_confidence for part in aligned]]
    mean = partial(mean_of_known, counting.weights)
    progress, coverage = mean(each_progress), mean([part.coverage or 0.0 for part in parts])
    guard_rails = [_guard_rail(tree, id) for id in counting.guard_rails]
    derived = _guarded(_derived(tree, objective, progress if coverage else None, curve), guard_rails)
    scores = scores_of(own, aligned, mean, objective.grade)
    broken = any(guard.beyond_budget for guard in guard_rails)
    final = scores.final_score, scores.final_floor
    outcome = outcome_of_objective(objective, *final, guard_rail_broken=broken)
    report, timelines = report_of(tree, objective.id), [part.status for part in parts]
    cycle = tree.cycle_of(objective.id)
    status = shown_status(objective, cycle, timelines, derived, outcome, coverage, report)
    return ObjectiveStanding(
        progress=progress,
        progress_reason=_reason(parts, progress),
        progress_from=counting.source,
        coverage=coverage,
        confidence=mean([part.confidence for part in parts]),
        lowest_confidence=min([value for value in sure if value is not None], default=None),
        **scores._asdict(),
        lineage=lineage_of_objective(objective, own, aligned, counting.weights, objective.grade),
        guard_rail_broken=broken,
        **report._asdict(),
        outcome=outcome,
        band=band_of_objective(objective, cycle, *final),
        expected=cut_curve(curve, cycle),
        derived=cut_timeline(derived, cycle),
        status=cut_timeline(status, cycle),
        announced_at=announced_at,
    )


def _mean_curve(
    weights: Sequence[float], parts: Sequence[Part], each_progress: Sequence[float | None]
) -> Curve:
    """Return the mean of the curves of the parts that have progress."""
    return mean_curve(
        (weight, _expected(part))
        for weight, part, progress in zip(weights, parts, each_progress, strict=True)
        if progress is not None
    )


def _expected(part: Part) -> Curve:
    assert isinstance(part, Standing), "what may bend a curve is loaded with all of its parts"
    return part.expected


def _reason(parts: Sequence[Part], progress: float | None) -> ProgressReason | None:
    """Return why there is no mean of the parts, or None."""
    if not parts:
        return ProgressReason.NOTHING_COUNTS
    return ProgressReason.NOTHING_COMPUTABLE if progress is None else None


def _derived(tree: Tree, objective: Objective, progress: float | None, curve: Curve) -> Timeline:
    """Return the status by pace; PENDING for planned or unmeasured objectives."""
    cycle = tree.cycle_of(objective.id)
    judged_from = pending_until(cycle.starts_at(tree.zone), cycle.ends_at(tree.zone))
    return paced(None if is_planned(objective, cycle) else progress, curve, judged_from=judged_from)


def _guarded(derived: Timeline, guard_rails: Sequence[GuardRail]) -> Timeline:
    """Return the status, at best AT_RISK while a guard-rail is broken."""
    return at_best(derived, Status.AT_RISK) if any(guard.broken for guard in guard_rails) else derived
