"""Lineage scoring: what was carried over counts once in a longer cycle, from the start of the first one.

Of the objectives of a lineage that an objective could count, the one of the latest cycle stands for all. A
parent of its own cycle counts its own numbers, and one of a longer cycle those from the first start: the way
that was made before is not lost. Only INCREASE, DECREASE and ZONES have a start to count from.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from okr_api.okr.computed_values import Curve, KeyResultStanding, ObjectiveStanding
from okr_api.okr.grade import Grade
from okr_api.okr.key_result import KeyResult, Reading
from okr_api.okr.lineage import STARTING, LineageNumbers
from okr_api.okr.measure import Measure
from okr_api.okr.numbers import mean_of_known
from okr_api.okr.objective import Objective
from okr_api.okr.rollup_summary import KeyResultPart, ObjectivePart
from okr_api.okr.tree import Tree

from .grading import final_score
from .objective_scores import scores_of
from .progress import progress_as_part, progress_of
from .readings import Readings

OfObjective = ObjectiveStanding | ObjectivePart
P = TypeVar("P", bound=KeyResultStanding | KeyResultPart | ObjectiveStanding | ObjectivePart)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def newest_of_lineages(tree: Tree, weights: dict[UUID, float]) -> dict[UUID, float]:
    """Return the weights of objectives without those for which another one of their lineage stands."""
    nodes: dict[UUID, Objective | ObjectivePart] = {
        id: tree.objectives.get(id) or tree.objective_parts[id] for id in weights
    }
    if all(node.lineage_id is None for node in nodes.values()):
        return weights
    newest: dict[UUID, UUID] = {}
    for id in sorted(weights, key=lambda id: (tree.cycles[nodes[id].cycle_id].starts_on, id)):
        newest[nodes[id].lineage_id or id] = id
    standing = set(newest.values())
    return {id: weight for id, weight in weights.items() if id in standing}


def as_counted(tree: Tree, objective: Objective, part_id: UUID) -> OfObjective:
    """Return the numbers of an aligned objective as an objective counts them."""
    part: OfObjective = tree.objective_standings.get(part_id) or tree.objective_parts[part_id]
    if part.lineage is None:
        return part
    node = tree.objectives.get(part_id) or tree.objective_parts[part_id]
    return part if node.cycle_id == objective.cycle_id else from_first_start(part)


def from_first_start(part: P) -> P:
    """Return the numbers of a part as those from the first start; the same if it has none."""
    numbers = part.lineage
    if numbers is None:
        return part
    others: dict[str, Any] = {
        "progress": numbers.progress,
        "progress_reason": part.progress_reason if numbers.progress is None else None,
        "score_at_end": numbers.score_at_end,
        "final_score": numbers.final_score,
    }
    if isinstance(part, KeyResultStanding | ObjectiveStanding):
        others["expected"] = _raised(part.expected, numbers.share)
    if isinstance(part, ObjectiveStanding | ObjectivePart):
        others |= {"score_floor": numbers.score_floor, "final_floor": numbers.final_floor}
    return replace(part, **others)


def _raised(curve: Curve, share: float) -> Curve:
    """Return the curve of what is expected from the first start, where a share of the way lies behind."""
    return tuple([(at, share + (1.0 - share) * fraction) for at, fraction in curve])


def lineage_of_key_result(key_result: KeyResult, readings: Readings) -> LineageNumbers | None:
    """Return the numbers of a carried key result from the first start; None if it has none to count from.

    Before its first reading it stands where it started. A score that was overridden stays as it was graded.
    """
    first, measure = key_result.lineage_start_value, key_result.measure
    if first is None or measure.kind not in STARTING:
        return None
    start = measure.start_value
    if start is None and readings.first is not None:
        start = readings.first.value
    whole = replace(measure, start_value=first)
    share = _progress_at(whole, start)
    if share is None:
        return None
    now = progress_of(whole, readings, since=LONG_AGO).clamped if readings.in_order else None
    final = final_score(now, key_result.grade)
    return LineageNumbers(
        progress=share if now is None else now,
        share=share,
        score_at_end=now,
        score_floor=now,
        final_score=final,
        final_floor=final,
    )


def _progress_at(measure: Measure, value: float | None) -> float | None:
    """Return the progress that a value means; None if there is none."""
    if value is None:
        return None
    reading = Reading(LONG_AGO, seq=0, place=0, check_in_id=None, definition=1, value=value)
    return progress_of(measure, Readings((reading,)), since=LONG_AGO).clamped


def lineage_of_objective(
    objective: Objective,
    own: Sequence[KeyResultStanding | KeyResultPart],
    aligned: Sequence[OfObjective],
    weights: Sequence[float],
    grade: Grade | None,
) -> LineageNumbers | None:
    """Return the numbers of a carried objective by its parts as they stand from their first starts.

    None if it was not carried over, or none of its parts has such numbers.
    """
    parts = (*own, *aligned)
    if objective.carried_from_id is None or all(part.lineage is None for part in parts):
        return None
    mean = partial(mean_of_known, weights)
    own_parts = [from_first_start(part) for part in own]
    others = [from_first_start(part) for part in aligned]
    scores = scores_of(own_parts, others, mean, grade)
    share = mean([_share(part) for part in parts])
    return LineageNumbers(
        progress=mean([progress_as_part(part) for part in (*own_parts, *others)]),
        share=share or 0.0,
        score_at_end=scores.score_at_end,
        score_floor=scores.score_floor,
        final_score=scores.final_score,
        final_floor=scores.final_floor,
    )


def _share(part: KeyResultStanding | KeyResultPart | OfObjective) -> float | None:
    """Return how much of the way of a part lay behind; None if nothing is expected of it."""
    if progress_as_part(part) is None:
        return None
    return part.lineage.share if part.lineage else 0.0
