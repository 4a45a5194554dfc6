"""Rules on measures: what is missing, target at or behind the start, all round or met; milestones."""

from collections.abc import Iterator

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.rules.key_result_title import drivers, plans
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import KeyResultPlan, Subject
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.numbers import SMALLEST_SPAN

ROUND_TARGETS = 3
TRAVELS = frozenset({KeyResultMeasure.INCREASE, KeyResultMeasure.DECREASE})
NEEDS_TARGET = TRAVELS | {KeyResultMeasure.AT_LEAST, KeyResultMeasure.AT_MOST, KeyResultMeasure.ZONES}


def measure_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results without a measure."""
    del lexicon
    for place, plan in plans(subject):
        if plan.measure is None:
            yield Finding(("keyResults", place, "measure"), {"title": plan.title})


def unit_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results whose values are numbers of unknown unit; a metric has its own."""
    del lexicon
    for place, plan in plans(subject):
        if plan.is_numeric and not (plan.unit or "").strip() and plan.metric is None:
            yield Finding(("keyResults", place, "unit"), {"title": plan.title})


def start_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results that move from an unknown value; a first reading would be their start."""
    del lexicon
    for place, plan in plans(subject):
        unknown = plan.start_value is None and plan.current_value is None
        if plan.measure in TRAVELS and unknown and plan.target_value is not None:
            yield Finding(("keyResults", place, "startValue"), {"title": plan.title})


def target_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results whose measure needs a target, a range or milestones, and has none."""
    del lexicon
    for place, plan in plans(subject):
        field = _missing_target(plan)
        if field:
            yield Finding(("keyResults", place, field), {"title": plan.title})


def _missing_target(plan: KeyResultPlan) -> str:
    """Return the name of the field that the measure lacks to be judged; empty if it has all."""
    if plan.measure in NEEDS_TARGET and plan.target_value is None:
        return "targetValue"
    if plan.measure is KeyResultMeasure.WITHIN:
        missing = [
            name
            for name, value in (("lowerBound", plan.lower_bound), ("upperBound", plan.upper_bound))
            if value is None
        ]
        return next(iter(missing), "")
    if plan.measure is KeyResultMeasure.MILESTONES and not plan.milestones:
        return "milestones"
    return ""


def target_is_start(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results that move nowhere."""
    for place, plan in plans(subject):
        start, target = plan.start_value, plan.target_value
        if plan.family != "change" or start is None or target is None:
            continue
        if abs(target - start) < SMALLEST_SPAN:
            values = {"title": plan.title, "value": lexicon.number(target)}
            yield Finding(("keyResults", place, "targetValue"), values)


def target_against_direction(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results whose target lies on the other side of the start."""
    for place, plan in plans(subject):
        start, target = plan.start_value, plan.target_value
        if plan.measure not in TRAVELS or start is None or target is None:
            continue
        span = target - start
        if abs(span) >= SMALLEST_SPAN and (span > 0) != (plan.measure is KeyResultMeasure.INCREASE):
            values = {
                "title": plan.title,
                "measure": str(plan.measure),
                "start": lexicon.number(start),
                "target": lexicon.number(target),
            }
            yield Finding(("keyResults", place, "targetValue"), values)


def targets_all_round(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives of which every target is round, and there are at least three.

    0 and 100 % are natural ends, and neither round nor not. Guard-rails have no target.
    """
    del lexicon
    targets = [
        plan.target_value
        for _, plan in drivers(subject)
        if plan.is_numeric
        and plan.target_value is not None
        and not (plan.target_value == 0 or (plan.target_value == 100 and plan.unit == "%"))
    ]
    if len(targets) >= ROUND_TARGETS and all(map(_is_round, targets)):
        yield Finding(("keyResults",), {"count": len(targets)})


def _is_round(value: float) -> bool:
    """Return whether a number from 10 on is one digit followed by zeros."""
    return abs(value) >= 10 and value == int(value) and len(f"{abs(int(value))}".rstrip("0")) == 1


def targets_already_met(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives of which every target is met by the latest reading or the start, early in the cycle.

    Guard-rails are meant to hold from the start.
    """
    del lexicon
    if not subject.is_early:
        return
    met = [_is_met(plan) for _, plan in drivers(subject)]
    known = [one for one in met if one is not None]
    if known and all(known) and len(known) == len(met):
        yield Finding(("keyResults",))


def _is_met(plan: KeyResultPlan) -> bool | None:
    """Return whether the target is met; None if that cannot be known."""
    if plan.family == "step":
        return plan.progress is not None and plan.progress >= 1
    low, high = plan.target_value, None
    if plan.measure is KeyResultMeasure.WITHIN:
        low, high = plan.lower_bound, plan.upper_bound
    elif _falls(plan):
        low, high = None, plan.target_value
    value = plan.current_value if plan.current_value is not None else plan.start_value
    if value is None or (low is None and high is None):
        return None
    return (low is None or value >= low) and (high is None or value <= high)


def _falls(plan: KeyResultPlan) -> bool:
    """Return whether lower values are better."""
    if plan.measure is not KeyResultMeasure.ZONES:
        return plan.measure in (KeyResultMeasure.DECREASE, KeyResultMeasure.AT_MOST)
    start, target = plan.start_value, plan.target_value
    return start is not None and target is not None and target < start


def milestones_undated(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find several milestones of which none has a day."""
    del lexicon
    for place, plan in plans(subject):
        if len(plan.milestones) > 1 and all(step.due_on is None for step in plan.milestones):
            yield Finding(("keyResults", place, "milestones"), {"title": plan.title})


def milestone_single(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results of one milestone."""
    del lexicon
    for place, plan in plans(subject):
        if len(plan.milestones) == 1:
            yield Finding(("keyResults", place, "milestones"), {"title": plan.title})


RULES = (
    Rule("measure-missing", AdviceSeverity.PROBLEM, Source.DOERR, measure_missing),
    Rule("unit-missing", AdviceSeverity.INFO, Source.DOERR, unit_missing),
    Rule("start-missing", AdviceSeverity.WARNING, Source.NIVEN_LAMORTE, start_missing),
    Rule("target-missing", AdviceSeverity.PROBLEM, Source.DOERR, target_missing),
    Rule("target-is-start", AdviceSeverity.PROBLEM, Source.REWORK, target_is_start),
    Rule("target-against-direction", AdviceSeverity.PROBLEM, Source.REWORK, target_against_direction),
    Rule("targets-all-round", AdviceSeverity.INFO, Source.NIVEN_LAMORTE, targets_all_round),
    Rule("targets-already-met", AdviceSeverity.PROBLEM, Source.PLAYBOOK, targets_already_met),
    Rule("milestones-undated", AdviceSeverity.INFO, Source.GROVE, milestones_undated),
    Rule("milestone-single", AdviceSeverity.INFO, Source.GROVE, milestone_single),
)
