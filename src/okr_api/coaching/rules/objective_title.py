"""Rules on objective titles: missing, long, number, task, metric, upkeep, joined goals; no description."""

from collections.abc import Iterator

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import Subject

MEMORABLE_WORDS = 16
TERSE_WORDS = 3
JOINERS_ALLOWED = 1
TITLE = ("title",)


def title_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find titles of the objective and of its key results without a word."""
    del lexicon
    if subject.objective is None:
        return
    if not subject.objective.words.words:
        yield Finding(TITLE)
    for place, key_result in enumerate(subject.objective.key_results):
        if not key_result.words.words:
            yield Finding(("keyResults", place, "title"))


def title_has_number(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find a number in the title, other than a year, a date or a label such as in `phase 2`."""
    if subject.objective is None:
        return
    labels = lexicon.lists["number_labels"]
    for number in subject.objective.words.numbers:
        labelled = labels.at((number.before,), 0) or labels.at((number.after,), 0)
        if not number.is_year and not labelled:
            yield Finding(TITLE, {"text": number.text})
            return


def title_is_task(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find a title that names one piece of work."""
    if subject.objective is None:
        return
    words = subject.objective.words.words
    verb = lexicon.action("task_verbs", words)
    if verb and not lexicon.find("task_exceptions", words):
        yield Finding(TITLE, {"words": verb})


def title_is_metric(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find a title that is the name of a number, or says that a number rises or falls."""
    if subject.objective is None:
        return
    words = subject.objective.words.words
    named = lexicon.find("metric_nouns", words)
    if not named:
        return
    content = lexicon.content(subject.objective.words)
    changes = lexicon.action("change_verbs", words)
    if changes or len(content) <= len(named.split()) + 1:
        yield Finding(TITLE, {"words": f"{changes} … {named}" if changes else named})


def title_long(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find a title that is too long to remember."""
    del lexicon
    if subject.objective is not None and len(subject.objective.words.words) > MEMORABLE_WORDS:
        yield Finding(TITLE, {"count": len(subject.objective.words.words)})


def title_one_word(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find a title of a single word."""
    del lexicon
    if subject.objective is not None and len(subject.objective.words.words) == 1:
        yield Finding(TITLE)


def description_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives whose title is too short to say why, and that have no description either."""
    del lexicon
    objective = subject.objective
    if objective is None or objective.has_description:
        return
    if 0 < len(objective.words.words) <= TERSE_WORDS:
        yield Finding(("description",))


def title_joins_objectives(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find a title that joins goals: by a semicolon, or by more than one conjunction."""
    if subject.objective is None:
        return
    words = subject.objective.words.words
    if ";" in subject.objective.title:
        yield Finding(TITLE, {"words": ";"})
    elif lexicon.count("joiners", words) > JOINERS_ALLOWED:
        yield Finding(TITLE, {"words": lexicon.find("joiners", words)})


def title_is_upkeep(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find a title that says that something continues."""
    if subject.objective is None:
        return
    verb = lexicon.action("upkeep_verbs", subject.objective.words.words)
    if verb:
        yield Finding(TITLE, {"words": verb})


RULES = (
    Rule("title-missing", AdviceSeverity.PROBLEM, Source.REWORK, title_missing),
    Rule("title-has-number", AdviceSeverity.WARNING, Source.WODTKE, title_has_number),
    Rule("title-is-task", AdviceSeverity.WARNING, Source.CASTRO, title_is_task),
    Rule("title-is-metric", AdviceSeverity.WARNING, Source.WODTKE, title_is_metric),
    Rule("title-long", AdviceSeverity.INFO, Source.WODTKE, title_long),
    Rule("title-one-word", AdviceSeverity.INFO, Source.NIVEN_LAMORTE, title_one_word),
    Rule("description-missing", AdviceSeverity.INFO, Source.DOERR, description_missing),
    Rule("title-joins-goals", AdviceSeverity.INFO, Source.NIVEN_LAMORTE, title_joins_objectives),
    Rule("title-is-upkeep", AdviceSeverity.INFO, Source.PLAYBOOK, title_is_upkeep),
)
