"""Rules on key results together: none, one, many, repeated, of one kind, negligible weight, no guard-rail."""

from collections.abc import Iterator
from itertools import combinations

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.rules.key_result_title import drivers, plans
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import KeyResultPlan, Subject

ADVISED_KEY_RESULTS = 5
NEGLIGIBLE_WEIGHT = 0.05  # of the greatest weight
MAX_KEY_RESULTS_COMPARED = 50
KEY_RESULTS = ("keyResults",)


def key_results_none(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives that nothing measures: neither key results nor objectives that are aligned to them.

    Guard-rails measure no progress.
    """
    del lexicon
    objective = subject.objective
    if objective is not None and not drivers(subject) and not objective.has_children:
        yield Finding(KEY_RESULTS)


def key_results_single(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives that a single key result measures, without a guard-rail beside it."""
    del lexicon
    objective = subject.objective
    alone = objective is not None and len(objective.key_results) == len(drivers(subject)) == 1
    if objective is not None and alone and not objective.has_children:
        yield Finding(KEY_RESULTS)


def key_results_many(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives with more key results than can be in focus; guard-rails do not count."""
    del lexicon
    counted = len(drivers(subject))
    if counted > ADVISED_KEY_RESULTS:
        yield Finding(KEY_RESULTS, {"count": counted})


def metric_twice(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results that repeat another one: with the same metric, or with the same words and unit."""
    compared = list(plans(subject))[:MAX_KEY_RESULTS_COMPARED]
    words = {place: _measured_words(plan, lexicon) for place, plan in compared}
    found = set()
    for (first, one), (place, other) in combinations(compared, 2):
        if one.metric is not None or other.metric is not None:
            same = one.metric == other.metric
        else:
            same = one.unit == other.unit and one.family == other.family and words[first] == words[place]
        if same and place not in found:
            found.add(place)
            yield Finding(("keyResults", place, "title"), {"title": other.title, "other": one.title})


def _measured_words(plan: KeyResultPlan, lexicon: Lexicon) -> frozenset[str]:
    """Return the words of a title that say what is measured: no verbs of change, no values of the measure."""
    values = {f"{value:g}" for value in plan.values}
    digits = {word for word in plan.words.words if word[0].isdigit() and word not in values}
    changing = lexicon.lists["change_verbs"], lexicon.lists["vague_words"]
    content = {
        word for word in lexicon.content(plan.words) if not any(one.at((word,), 0) for one in changing)
    }
    return frozenset(content | digits)


def weight_leaves_out(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results whose weight is less than a twentieth of the greatest one; guard-rails have none."""
    weighed = drivers(subject)
    total = sum(plan.weight for _, plan in weighed)
    greatest = max((plan.weight for _, plan in weighed), default=0.0)
    for place, plan in weighed:
        if plan.weight < NEGLIGIBLE_WEIGHT * greatest:
            values = {"title": plan.title, "percent": lexicon.number(round(100 * plan.weight / total, 1))}
            yield Finding(("keyResults", place, "weight"), values)


def guard_rail_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find a key result that rewards quantity or speed beside none that is a limit or about quality."""
    quantities = []
    for place, plan in plans(subject):
        if plan.is_guard_rail or plan.family == "limit" or lexicon.find("quality_words", plan.words.words):
            return
        if plan.family == "change" and lexicon.find("quantity_words", plan.words.words):
            quantities.append((place, plan))
    for place, plan in quantities[:1]:
        yield Finding(("keyResults", place), {"title": plan.title})


def key_results_one_kind(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives whose key results are all steps, or all limits, so that none shows an effect.

    Guard-rails do not count: they are limits by their nature.
    """
    families = [plan.family for _, plan in drivers(subject)]
    for family, least in (("step", 2), ("limit", 3)):
        if len(families) >= least and set(families) == {family}:
            yield Finding(KEY_RESULTS, {"count": len(families), "family": lexicon.names[family]})


RULES = (
    Rule("key-results-none", AdviceSeverity.PROBLEM, Source.DOERR, key_results_none),
    Rule("key-results-single", AdviceSeverity.WARNING, Source.NIVEN_LAMORTE, key_results_single),
    Rule("key-results-many", AdviceSeverity.WARNING, Source.DOERR, key_results_many),
    Rule("metric-twice", AdviceSeverity.WARNING, Source.NIVEN_LAMORTE, metric_twice),
    Rule("weight-leaves-out", AdviceSeverity.WARNING, Source.NIVEN_LAMORTE, weight_leaves_out),
    Rule("guard-rail-missing", AdviceSeverity.INFO, Source.GROVE, guard_rail_missing),
    Rule("key-results-one-kind", AdviceSeverity.INFO, Source.CASTRO, key_results_one_kind),
)
