"""Rules on an objective and others: no priority, no parent, unknown references, copied or similar titles."""

from collections.abc import Iterator

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import ObjectivePlan, Subject, TitlePair
from okr_api.coaching.title import Title, similarity

SIMILAR_WORDS = 0.6  # share of common words from which two titles are similar
COMMON_WORDS = 2


def stands_alone(objective: ObjectivePlan) -> bool:
    """Return whether an objective serves nothing and does not say why."""
    return not objective.parents and not objective.priorities and not objective.stands_alone_reason


def reference_unknown(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find references of a draft to what does not exist, or what the actor does not see."""
    for reference in subject.unknown:
        yield Finding(reference.path, {"noun": lexicon.names[reference.type.lower()]})


def serves_no_priorities(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives that serve none of the priorities that the organisation has."""
    del lexicon
    objective = subject.objective
    if objective is None or objective.stands_alone_reason:
        return
    if subject.has_priorities and objective.priorities == 0:
        yield Finding(("priorities",))


def parent_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives that serve nothing although the teams above have objectives."""
    del lexicon
    if subject.objective is not None and subject.objectives_above and stands_alone(subject.objective):
        yield Finding(("parent",), {"count": subject.objectives_above})


def title_copies_parent(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives whose title is that of an objective above them."""
    del lexicon
    objective = subject.objective
    for parent in objective.parents if objective is not None and objective.words.words else ():
        if objective is not None and parent.words.words == objective.words.words:
            yield Finding(("title",), {"title": parent.title}, related=parent.node)


def _at(subject: Subject, pair: TitlePair) -> Finding:
    node = None if subject.objective is not None else pair.node
    return Finding(("title",), {"title": pair.other.text}, node=node, related=pair.other_node)


def title_duplicate(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives of one cycle with the same title, punctuation and case aside; one for each."""
    del lexicon
    found = set()
    for pair in subject.pairs:
        if pair.node not in found and same_title(pair.title, pair.other):
            found.add(pair.node)
            yield _at(subject, pair)


def title_near_duplicate(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives of one cycle whose titles share most of their words; one for each objective."""
    found = set()
    for pair in subject.pairs:
        one, other = pair.title, pair.other
        if pair.node not in found and not same_title(one, other) and are_similar(one, other, lexicon):
            found.add(pair.node)
            yield _at(subject, pair)


def same_title(one: Title, other: Title) -> bool:
    """Return whether two titles have the same words in the same order."""
    return bool(one.words) and one.words == other.words


def are_similar(one: Title, other: Title, lexicon: Lexicon) -> bool:
    """Return whether two titles share most of the words that carry their meaning."""
    ours, theirs = lexicon.content(one), lexicon.content(other)
    return len(ours & theirs) >= COMMON_WORDS and similarity(ours, theirs) >= SIMILAR_WORDS


RULES = (
    Rule("reference-unknown", AdviceSeverity.PROBLEM, Source.SERVICE, reference_unknown),
    Rule("priority-missing", AdviceSeverity.INFO, Source.DOERR, serves_no_priorities),
    Rule("parent-missing", AdviceSeverity.INFO, Source.DOERR, parent_missing),
    Rule("title-copies-parent", AdviceSeverity.WARNING, Source.CASTRO, title_copies_parent),
    Rule("title-duplicate", AdviceSeverity.WARNING, Source.DOERR, title_duplicate),
    Rule("title-near-duplicate", AdviceSeverity.INFO, Source.DOERR, title_near_duplicate),
)
