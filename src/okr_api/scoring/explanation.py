"""Explain an objective's numbers: shares of its parts, reasons for those not counted, hidden ones folded.

The numbers are those of `rollup` and `key_result`; an explanation adds which parts they are the mean of, and
why the other parts do not count.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.computed_values import ObjectiveStanding, ProgressReason
from okr_api.okr.entity import NodeType
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.okr.tree import Tree

from .contributions import add_up_to
from .explained_parts import ExplainedPart, Explanation, FoldedParts, Metric, PartReason
from .lineage import as_counted
from .pace import expected_progress
from .progress import progress_as_part
from .rollup import Standing, counting_in
from .steps import Steps
from .tree_order import BY_ID

MAX_EXPLAINED_PARTS = 1_000  # of one objective; those beyond are told as one


def parts_of(tree: Tree, objective: Objective, metric: Metric, at: datetime) -> Iterator[ExplainedPart]:
    """Yield all parts of an objective whose parts are loaded, each once; first those that count, by id.

    A part without a `value` is in no mean of the metric.
    """
    counting = counting_in(tree, objective)
    weights = dict(zip((*counting.key_results, *counting.objectives), counting.weights, strict=True))
    for kind, ids in ((NodeType.KEY_RESULT, counting.key_results), (NodeType.OBJECTIVE, counting.objectives)):
        for id in sorted(ids, key=BY_ID):
            yield _part(tree, objective, ExplainedPart(kind, id, weights[id]), metric, at)
    yield from _set_aside(tree, objective)


def _part(
    tree: Tree, objective: Objective, part: ExplainedPart, metric: Metric, at: datetime
) -> ExplainedPart:
    """Return a part that counts with its value, or with the reason why it has none."""
    standing, own = _standing(tree, objective, part), _own_standing(tree, part)
    part = replace(part, from_first_start=standing is not own)
    progress = progress_as_part(standing)
    unmeasured = standing.progress_reason is ProgressReason.NOT_MEASURED
    match metric:
        case Metric.STATUS:
            return replace(part, status=standing.status.at(at))
        case Metric.CONFIDENCE:
            value, reason = standing.confidence, PartReason.NO_VALUE
        case Metric.SCORE:
            value, reason = standing.score_at_end, PartReason.NO_VALUE
        case Metric.PROGRESS:
            value, reason = progress, PartReason.NOT_COMPUTABLE
        case _:
            value = None if progress is None else expected_progress(standing.expected, at)
            reason = PartReason.NOT_COMPUTABLE
    if value is None:
        return replace(part, reason=reason)
    zero = metric is Metric.PROGRESS and unmeasured
    return replace(part, value=value, reason=PartReason.NOT_MEASURED if zero else None)


def _standing(tree: Tree, objective: Objective, part: ExplainedPart) -> Standing:
    """Return the numbers of a part as the objective counts them."""
    if part.node_type is NodeType.KEY_RESULT:
        return tree.key_result_standings[part.id]
    counted = as_counted(tree, objective, part.id)
    assert isinstance(counted, ObjectiveStanding), "the parts are loaded"
    return counted


def _own_standing(tree: Tree, part: ExplainedPart) -> Standing:
    own = part.node_type is NodeType.KEY_RESULT
    return tree.key_result_standings[part.id] if own else tree.objective_standings[part.id]


def _set_aside(tree: Tree, objective: Objective) -> Iterator[ExplainedPart]:
    """Yield the parts that count in none of the objective's means, with the reason."""
    counting = counting_in(tree, objective)
    counted = {*counting.key_results, *counting.objectives}
    lineages = {tree.objectives[id].lineage_root for id in counting.objectives}
    for key_result in sorted(tree.key_results_of(objective.id), key=lambda each: each.id):
        if key_result.id not in counted:
            yield ExplainedPart(NodeType.KEY_RESULT, key_result.id, key_result.weight, _unused(key_result))
    for alignment in sorted(tree.served_by(objective.id), key=lambda edge: (edge.child_id, -edge.weight)):
        if alignment.child_id in counted:
            continue
        counted.add(alignment.child_id)
        child, through = tree.objectives[alignment.child_id], alignment.parent_key_result_id
        reason: PartReason | None = _REASONS.get(child.state)
        if alignment.kind is AlignmentKind.SUPPORTS:
            reason = PartReason.SUPPORTS
        elif through is not None and not tree.key_results[through].counts:
            reason = reason or PartReason.KEY_RESULT_DOES_NOT_COUNT
        elif not alignment.counts:
            reason = reason or PartReason.NO_WEIGHT
        elif reason is None and child.lineage_root in lineages:
            reason = PartReason.SUCCEEDED
        yield ExplainedPart(NodeType.OBJECTIVE, child.id, alignment.weight, reason or PartReason.OTHER_SOURCE)


def _unused(key_result: KeyResult) -> PartReason:
    """Return why a key result counts in no mean."""
    if key_result.state in _REASONS:
        return _REASONS[key_result.state]
    if key_result.role is KeyResultRole.GUARD_RAIL:
        return PartReason.GUARD_RAIL
    return PartReason.OTHER_SOURCE if key_result.counts else PartReason.NO_WEIGHT


_REASONS: dict[str, PartReason] = {
    ObjectiveState.DRAFT: PartReason.DRAFT,
    ObjectiveState.PAUSED: PartReason.PAUSED,
    ObjectiveState.DROPPED: PartReason.DROPPED,
    KeyResultState.PAUSED: PartReason.PAUSED,
    KeyResultState.DROPPED: PartReason.DROPPED,
}


def explaining(
    tree: Tree, objective: Objective, metric: Metric, at: datetime, is_hidden: Callable[[ExplainedPart], bool]
) -> Steps[Explanation]:
    """Return how a metric of an objective follows from its parts, yielding after each part.

    Hidden parts that count are folded into one, and so are those beyond `MAX_EXPLAINED_PARTS`; hidden ones
    that do not count are left out. `math.fsum` of all contributions is exactly the value.
    """
    if metric is Metric.CURRENT_VALUE:  # only key results have one
        return Explanation(None, ())
    shown: list[ExplainedPart] = []
    hidden: list[ExplainedPart] = []
    others: list[ExplainedPart] = []
    for part in parts_of(tree, objective, metric, at):
        if is_hidden(part):
            hidden.append(part)
        else:
            (shown if len(shown) < MAX_EXPLAINED_PARTS else others).append(part)
        yield
    counted = [part for part in (*shown, *hidden, *others) if part.value is not None]
    total = math.fsum(part.weight for part in counted)
    folded = [fold(parts, total) for parts in (hidden, others)]
    if not counted:
        return Explanation(None, tuple(shown), hidden=None, others=None)
    value = value_of(tree.objective_standings[objective.id], metric, at)
    assert value is not None
    exact = iter(
        add_up_to(
            value,
            [
                *(contribution(part, total) for part in shown if part.value is not None),
                *(fold.contribution for fold in folded if fold),
            ],
        )
    )
    parts = tuple(
        part if part.value is None else replace(part, share=part.weight / total, contribution=next(exact))
        for part in shown
    )
    rest = [fold and replace(fold, contribution=next(exact)) for fold in folded]
    return Explanation(value, parts, hidden=rest[0], others=rest[1])


def contribution(part: ExplainedPart, total: float) -> float:
    """Return what a part with a value contributes to a mean over that total weight."""
    assert part.value is not None
    return part.weight * part.value / total


def fold(parts: Sequence[ExplainedPart], total: float) -> FoldedParts | None:
    """Return the parts that count as one; None if none does."""
    counted = [part for part in parts if part.value is not None]
    if not counted:
        return None
    weight = math.fsum(part.weight for part in counted)
    together = math.fsum(contribution(part, total) for part in counted)
    return FoldedParts(len(counted), weight, weight / total, together)


def value_of(standing: Standing, metric: Metric, at: datetime) -> float | None:
    """Return the stored value of a metric; None for a status."""
    match metric:
        case Metric.PROGRESS:
            return standing.progress
        case Metric.CONFIDENCE:
            return standing.confidence
        case Metric.EXPECTED_PROGRESS:
            return expected_progress(standing.expected, at)
        case Metric.SCORE:
            return standing.score_at_end
        case _:
            return None
