"""Rule on lessons: those from elsewhere that are about what a draft is about."""

from collections.abc import Iterator

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import Subject


def lesson_related(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find lessons with words of the draft, in the order in which they were offered."""
    del lexicon
    for lesson in subject.lessons:
        yield Finding(("title",), {"lesson": lesson.title}, related=lesson.node)


RULES = (Rule("lesson-related", AdviceSeverity.INFO, Source.DOERR, lesson_related),)
