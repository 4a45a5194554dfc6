"""Rules on time: no due day though a text names one, a due day outside the cycle, a draft that waits long."""

from collections.abc import Iterator, Sequence

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.rules.key_result_title import plans
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import CyclePlan, KeyResultPlan, Subject
from okr_api.coaching.title import words_of

DRAFT_DAYS = 14
MAX_CHARACTERS_READ = 2_000  # of a description


def due_date_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results without a due day whose text names a month before the last one of the cycle."""
    for place, plan in plans(subject):
        if plan.due_on is None:
            words = early_deadline(plan, subject.cycle, lexicon)
            if words:
                yield Finding(("keyResults", place, "dueOn"), {"title": plan.title, "words": words})


def early_deadline(plan: KeyResultPlan, cycle: CyclePlan | None, lexicon: Lexicon) -> str:
    """Return the words by which a text says that it ends before the cycle does; empty if it does not."""
    for words in (plan.words.words, words_of((plan.description or "")[:MAX_CHARACTERS_READ])):
        early = lexicon.find("early_phrases", words) or _month_before_end(words, cycle, lexicon)
        if early:
            return early
    return ""


def _month_before_end(words: Sequence[str], cycle: CyclePlan | None, lexicon: Lexicon) -> str:
    early = (
        text for text, month in lexicon.deadlines(words) if cycle is None or month != cycle.ends_on.month
    )
    return next(early, "")


def due_date_outside_cycle(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results that are due on a day that is not one of the cycle's."""
    del lexicon
    cycle = subject.cycle
    for place, plan in plans(subject):
        day = plan.due_on
        if cycle is not None and day is not None and not cycle.starts_on <= day <= cycle.ends_on:
            values = {"title": plan.title, "day": day.isoformat()}
            yield Finding(("keyResults", place, "dueOn"), values)


def draft_old(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find drafts that have waited for more than two weeks of their cycle."""
    del lexicon
    objective = subject.objective
    days = None if objective is None else objective.days_as_draft
    if objective is not None and days is not None and days > DRAFT_DAYS:
        yield Finding(("state",), {"title": objective.title, "days": days})
    for draft in subject.drafts:
        if draft.days > DRAFT_DAYS:
            yield Finding(("state",), {"title": draft.title, "days": draft.days}, node=draft.node)


RULES = (
    Rule("due-date-missing", AdviceSeverity.INFO, Source.PLAYBOOK, due_date_missing),
    Rule("due-date-outside-cycle", AdviceSeverity.PROBLEM, Source.GROVE, due_date_outside_cycle),
    Rule("draft-old", AdviceSeverity.WARNING, Source.WODTKE, draft_old),
)
