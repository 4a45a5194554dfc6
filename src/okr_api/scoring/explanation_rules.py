"""Sentences that state, with numbers, how a mean, progress, expectation, score or status was computed."""

import math
from datetime import datetime

from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding, ProgressReason, Status
from okr_api.okr.cycle import Cycle
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.key_result import KeyResult
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.objective import Objective

from .explained_parts import Explanation, Metric
from .grading import graded_by
from .pace import ZONES_EXPECTATION, expected_progress
from .rollup import Standing
from .status import AT_RISK_GAP, ON_TRACK_GAP, PENDING_SHARE, is_planned

NOUNS = {
    Metric.PROGRESS: "progress",
    Metric.CONFIDENCE: "confidence",
    Metric.EXPECTED_PROGRESS: "expected progress",
    Metric.SCORE: "score",
}
REASONS = {
    ProgressReason.NOT_MEASURED: "No reading has been recorded yet.",
    ProgressReason.NO_TARGET: "There is no target to measure against.",
    ProgressReason.NO_SPAN: "There is no distance from the start value to the target.",
    ProgressReason.NOTHING_COUNTS: "Nothing counts towards it.",
    ProgressReason.NOTHING_COMPUTABLE: "The progress of none of its parts can be computed.",
}
NO_VALUE = "An objective has no value of its own, only the progress of its parts."
NOT_ENDED = "There is no score before the cycle has ended or is in review."


def number(value: float) -> str:
    """Return a number for a sentence, with at most six significant digits."""
    return f"{value:.6g}"


def formula_rule(function: FormulaFunction, value: float | None, *, counted: int, named: int) -> str:
    """Return how the value of a formula follows from those of its parts."""
    if value is None:
        return "None of the key results of its formula has a value."
    nouns = "key result" if counted == 1 else "key results"
    left_out = named - counted
    rest = f"; {left_out} more {'has' if left_out == 1 else 'have'} none that counts" if left_out else ""
    noun = "Sum" if function is FormulaFunction.SUM else "Mean"
    return f"{noun} of the current values of {counted} {nouns}: {number(value)}{rest}."


def mean_rule(metric: Metric, explanation: Explanation) -> str:
    """Return the rule of a weighted mean over the parts that count."""
    noun, value = NOUNS[metric], explanation.value
    folded = [fold for fold in (explanation.hidden, explanation.others) if fold]
    counted = [part for part in explanation.parts if part.counted]
    count = len(counted) + sum(fold.count for fold in folded)
    if value is None or not count:
        return f"No part that counts has a value of the {noun}."
    weight = math.fsum([*(part.weight for part in counted), *(fold.weight for fold in folded)])
    left_out = len(explanation.parts) - len(counted)
    rest = f"; {left_out} more {'does' if left_out == 1 else 'do'} not count" if left_out else ""
    return (
        f"Weighted mean of the {noun} of {count} {'part' if count == 1 else 'parts'}: "
        f"Σ weight · {noun} / Σ weight = {number(value * weight)} / {number(weight)} = {number(value)}{rest}."
    )


def progress_rule(key_result: KeyResult, standing: KeyResultStanding) -> str:
    """Return how the progress of a key result follows from its measure and its readings."""
    if standing.progress_reason is not None:
        return REASONS[standing.progress_reason]
    assert standing.raw_progress is not None
    text = _measured(key_result.measure, standing)
    clamped = standing.progress != standing.raw_progress
    return f"{text}, limited to 0 to 1." if clamped else f"{text}."


def _measured(measure: Measure, standing: KeyResultStanding) -> str:
    raw, current = number(standing.raw_progress or 0.0), number(standing.current_value or 0.0)
    match measure.kind:
        case KeyResultMeasure.INCREASE | KeyResultMeasure.DECREASE:
            assert measure.target_value is not None
            start, target = number(standing.start_value or 0.0), number(measure.target_value)
            return (
                f"Distance covered from the start to the target: ({current} − {start}) / "
                f"({target} − {start}) = {raw}"
            )
        case KeyResultMeasure.ZONES:
            points = ", ".join(number(point) for point in measure.zone_values if point is not None)
            return f"Interpolated between start, commit, target and stretch ({points}) at {current}: {raw}"
        case KeyResultMeasure.BOOLEAN:
            return "Done" if standing.raw_progress else "Not done yet"
        case KeyResultMeasure.MILESTONES:
            done = len(standing.milestones_done or ())
            return f"{done} of {len(measure.milestones)} milestones done, by weight {raw}"
        case KeyResultMeasure.WITHIN:
            return f"Share of time within the limits {_limits(measure)}: {raw}"
        case _:
            verb = "holds" if standing.holds else "does not hold"
            return f"The limit {_limits(measure)} {verb} at {current}"


def _limits(measure: Measure) -> str:
    if measure.kind is KeyResultMeasure.WITHIN:
        return f"{number(measure.lower_bound or 0.0)} to {number(measure.upper_bound or 0.0)}"
    sign = "≥" if measure.kind is KeyResultMeasure.AT_LEAST else "≤"
    return f"{sign} {number(measure.target_value or 0.0)}"


def expected_rule(key_result: KeyResult, objective: Objective) -> str:
    """Return how the expected progress of a key result follows from its dates."""
    expectation = objective.expectation
    match key_result.measure.kind:
        case KeyResultMeasure.BOOLEAN:
            return f"0 until it is due, then {number(expectation)}."
        case KeyResultMeasure.MILESTONES if any(step.due_on for step in key_result.measure.milestones):
            return f"One step per milestone on its day, up to {number(expectation)}."
        case kind if kind in (KeyResultMeasure.AT_LEAST, KeyResultMeasure.AT_MOST, KeyResultMeasure.WITHIN):
            return "A limit is expected to hold from its first reading on."
        case KeyResultMeasure.ZONES:
            expectation = min(expectation, ZONES_EXPECTATION)
    return f"Rises evenly from 0 on the first day of the cycle to {number(expectation)} on the day it is due."


def score_rule(standing: Standing, ended: bool) -> str:
    """Return how the score of a key result follows from its readings."""
    if not ended:
        return NOT_ENDED
    if standing.score_at_end is None:
        return "It was never measured, so it has no score."
    return "Its progress by the readings that were effective before the cycle ended."


def confidence_rule(standing: KeyResultStanding) -> str:
    """Return where the confidence of a key result comes from."""
    if standing.confidence is None:
        return "No check-in has stated a confidence."
    return "Stated by the latest check-in that stated one."


def status_rule(
    standing: Standing,
    objective: Objective,
    cycle: Cycle,
    at: datetime,
    *,
    floor: float | None,
    broken_guard_rails: int = 0,
) -> str:
    """Return by which rule the status of a node is what it is at the instant.

    `floor` is the score that its outcome follows, `broken_guard_rails` the number of those of an objective
    that are broken by their latest reading.
    """
    status, derived = standing.status.at(at), standing.derived.at(at)
    match status:
        case Status.ACHIEVED | Status.MISSED:
            if isinstance(standing, ObjectiveStanding) and standing.guard_rail_broken:
                return "Closed: a guard-rail was broken for longer than its budget."
            verb = "reaches" if status is Status.ACHIEVED else "does not reach"
            score = number(graded_by(floor, floor) or 0.0)
            return f"Closed: its score of {score} {verb} what was expected of it."
        case Status.PAUSED | Status.DROPPED:
            return f"It, or the objective that it belongs to, is {status.lower()}."
        case Status.STALE:
            return "A check-in is overdue beyond the days of grace."
        case Status.PENDING if is_planned(objective, cycle):
            return "It is still being planned."
    until = standing.reported_until
    if standing.reported_status is not None and until is not None and at < until:
        return f"Reported by a check-in; calculated from its pace it would be {derived}."
    holds = standing.holds if isinstance(standing, KeyResultStanding) else None
    if holds is not None and status is not Status.PENDING:
        return f"The limit {'holds' if holds else 'does not hold'}."
    rule = _pace_rule(standing, status, cycle, at)
    if not broken_guard_rails or status is Status.PENDING:
        return rule
    return f"{rule} While a guard-rail is broken it is at best at risk; {broken_guard_rails} is."


def _pace_rule(standing: Standing, status: Status, cycle: Cycle, at: datetime) -> str:
    expected, rules = expected_progress(standing.expected, at), cycle.rules
    if status is Status.PENDING or standing.progress is None or expected is None:
        if not standing.coverage:
            return "Nothing has been measured yet."
        share = rules.pending_share if rules else PENDING_SHARE
        return f"Nothing is judged before {share:.0%} of the time has passed."
    gap = expected - standing.progress
    on_track, at_risk = (rules.on_track_gap, rules.at_risk_gap) if rules else (ON_TRACK_GAP, AT_RISK_GAP)
    place = f"{number(abs(gap))} {'behind' if gap > 0 else 'ahead of'} the expected {number(expected)}"
    return (
        f"Progress {number(standing.progress)} is {place}: on track up to {on_track:.2f} behind, "
        f"at risk up to {at_risk:.2f}, off track beyond."
    )
