"""Rules on key result titles: output or activity, vague, two measures, like the objective, wrong number."""

from collections.abc import Iterator

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import KeyResultPlan, Subject
from okr_api.coaching.title import TitleNumber, similarity
from okr_api.okr.measure import KeyResultMeasure

SAME_WORDS = 0.8  # share of common words from which two titles say the same
TOLERANCE = 1e-6  # relative


def plans(subject: Subject) -> Iterator[tuple[int, KeyResultPlan]]:
    """Yield the key results of the subject with their places; none of a cycle."""
    if subject.objective is not None:
        yield from enumerate(subject.objective.key_results)


def drivers(subject: Subject) -> list[tuple[int, KeyResultPlan]]:
    """Return the key results that are no guard-rails, with their places."""
    return [(place, plan) for place, plan in plans(subject) if not plan.is_guard_rail]


def says_outcome(plan: KeyResultPlan, lexicon: Lexicon) -> bool:
    """Return whether a title says what changes: by a phrase, or by two numbers, from one to the other."""
    return bool(lexicon.find("outcome_phrases", plan.words.words)) or len(plan.words.numbers) > 1


def key_result_is_output(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results that name something delivered."""
    for place, plan in plans(subject):
        verb = lexicon.action("output_verbs", plan.words.words)
        if verb and not says_outcome(plan, lexicon):
            yield Finding(("keyResults", place, "title"), {"title": plan.title, "words": verb})


def key_result_is_activity(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results that name effort."""
    for place, plan in plans(subject):
        verb = lexicon.action("activity_verbs", plan.words.words)
        if verb and not says_outcome(plan, lexicon):
            yield Finding(("keyResults", place, "title"), {"title": plan.title, "words": verb})


def key_result_not_measurable(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results that are yes or no, without a number, and compare something vaguely."""
    for place, plan in plans(subject):
        vague = lexicon.find("vague_words", plan.words.words)
        if vague and plan.measure is KeyResultMeasure.BOOLEAN and not plan.words.numbers:
            yield Finding(("keyResults", place, "measure"), {"title": plan.title, "words": vague})


def key_result_joins_measures(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results with two numbers to reach, on both sides of a conjunction."""
    for place, plan in plans(subject):
        if not plan.is_numeric or len(plan.words.numbers) != 2:
            continue
        first, second = plan.words.numbers
        between = plan.title[plan.title.index(first.text) + len(first.text) : plan.title.rindex(second.text)]
        words = tuple(between.lower().split())
        if lexicon.find("joiners", words) and not _is_range(first, second):
            yield Finding(("keyResults", place, "title"), {"title": plan.title})


def _is_range(first: TitleNumber, second: TitleNumber) -> bool:
    """Return whether two numbers are the ends of one range, as in `between 2 and 4 days`."""
    return not first.after or first.after == second.before


def key_result_repeats_objective(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results whose title says the same as that of the objective."""
    if subject.objective is None:
        return
    whole = lexicon.content(subject.objective.words)
    for place, plan in plans(subject):
        if similarity(whole, lexicon.content(plan.words)) >= SAME_WORDS:
            yield Finding(("keyResults", place, "title"), {"title": plan.title})


def key_result_number_differs(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results whose title has one number that is no value of the measure, nor its change.

    Numbers of a condition do not count, such as in `answered within 2 hours`.
    """
    for place, plan in plans(subject):
        numbers = [number for number in plan.words.numbers if not _is_condition(number, plan, lexicon)]
        if plan.is_numeric and plan.target_value is not None and len(numbers) == 1:
            [number] = numbers
            if not any(_agree(number, value) for value in _plausible(plan)):
                yield Finding(("keyResults", place, "title"), {"text": number.text})


def _is_condition(number: TitleNumber, plan: KeyResultPlan, lexicon: Lexicon) -> bool:
    """Return whether a number is a date, a label, or the condition under which something is counted."""
    labels, conditions = lexicon.lists["number_labels"], lexicon.lists["condition_words"]
    units = lexicon.lists["time_units"]
    return bool(
        number.is_year
        or number.text.startswith("0")
        or labels.at((number.before,), 0)
        or labels.at((number.after,), 0)
        or conditions.at((number.before,), 0)
        or (units.at((number.after,), 0) and number.after != plan.unit)
    )


def _plausible(plan: KeyResultPlan) -> Iterator[float]:
    """Yield the values that a number in the title may mean: those of the measure, and the change."""
    yield from plan.values
    if plan.start_value is not None and plan.target_value is not None:
        change = abs(plan.target_value - plan.start_value)
        yield change
        if plan.start_value:
            yield 100 * change / abs(plan.start_value)
            yield abs(plan.target_value / plan.start_value)


def _agree(number: TitleNumber, value: float) -> bool:
    """Return whether a number means a value, also as a fraction for a percentage and in thousands."""
    return any(
        abs(meant - abs(value)) <= TOLERANCE * max(meant, 1.0)
        for meant in (number.value, number.scaled, number.value / 100)
    )


RULES = (
    Rule("key-result-is-output", AdviceSeverity.WARNING, Source.CASTRO, key_result_is_output),
    Rule("key-result-is-activity", AdviceSeverity.WARNING, Source.REWORK, key_result_is_activity),
    Rule("key-result-not-measurable", AdviceSeverity.WARNING, Source.DOERR, key_result_not_measurable),
    Rule("key-result-joins-measures", AdviceSeverity.INFO, Source.NIVEN_LAMORTE, key_result_joins_measures),
    Rule(
        "key-result-repeats-objective",
        AdviceSeverity.WARNING,
        Source.NIVEN_LAMORTE,
        key_result_repeats_objective,
    ),
    Rule("key-result-number-differs", AdviceSeverity.INFO, Source.DOERR, key_result_number_differs),
)
