"""Explain a key result's numbers: the rule in words for each metric, and the share of each milestone."""

import math
from collections.abc import Iterator
from datetime import datetime

from okr_api.okr.computed_values import KeyResultStanding
from okr_api.okr.cycle import Cycle
from okr_api.okr.entity import NodeType
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective

from .contributions import add_up_to
from .explained_parts import ExplainedPart, Explanation, Metric
from .explanation import value_of
from .explanation_rules import confidence_rule, expected_rule, progress_rule, score_rule, status_rule


def explain_key_result(
    key_result: KeyResult,
    standing: KeyResultStanding,
    objective: Objective,
    cycle: Cycle,
    metric: Metric,
    at: datetime,
    *,
    ended: bool,
) -> Explanation:
    """Return how a metric of a key result follows from its readings; `ended` is whether scores are shown."""
    value = value_of(standing, metric, at)
    match metric:
        case Metric.PROGRESS:
            return Explanation(
                value, tuple(_steps(key_result, standing)), rule=progress_rule(key_result, standing)
            )
        case Metric.CONFIDENCE:
            return Explanation(value, (), rule=confidence_rule(standing))
        case Metric.EXPECTED_PROGRESS:
            return Explanation(value, (), rule=expected_rule(key_result, objective))
        case Metric.SCORE:
            return Explanation(value if ended else None, (), rule=score_rule(standing, ended))
        case _:
            score = standing.final_score
            return Explanation(None, (), rule=status_rule(standing, objective, cycle, at, floor=score))


def _steps(key_result: KeyResult, standing: KeyResultStanding) -> Iterator[ExplainedPart]:
    """Yield the milestones with what each contributes to the progress; none of another measure."""
    steps = key_result.measure.milestones
    if standing.progress is None or standing.raw_progress is None or not steps:
        return
    done = set(standing.milestones_done or ())
    total = math.fsum(step.weight for step in steps)
    each = [step.weight * (step.key in done) / total for step in steps]
    for step, contribution in zip(steps, add_up_to(standing.progress, each), strict=True):
        yield ExplainedPart(
            NodeType.KEY_RESULT,
            key_result.id,
            step.weight,
            value=float(step.key in done),
            share=step.weight / total,
            contribution=contribution,
            milestone=step.name,
        )
