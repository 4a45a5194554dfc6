"""Rules on kinds: committed with stretch wording or low confidence; aspirational but certain, or too many."""

from collections.abc import Iterator

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule, Value
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.rules.focus import of_load
from okr_api.coaching.rules.key_result_title import drivers, plans
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import Subject
from okr_api.okr.objective import ObjectiveKind

DOUBTFUL = 0.5
CERTAIN = 0.95
PAST_OBJECTIVES = 3
MIXED_OBJECTIVES = 3
ASPIRATIONAL_SHARE = 0.5


def committed_stretch_wording(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find committed objectives in the words of aspirational ones."""
    if subject.objective is None or subject.objective.kind is not ObjectiveKind.COMMITTED:
        return
    words = lexicon.find("stretch_words", subject.objective.words.words)
    if words:
        yield Finding(("title",), {"words": words})


def committed_doubtful(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find key results of committed objectives that people doubt already early in the cycle."""
    if subject.objective is None or subject.objective.kind is not ObjectiveKind.COMMITTED:
        return
    for place, plan in plans(subject) if subject.is_early else ():
        if plan.confidence is not None and plan.confidence < DOUBTFUL:
            values = {"title": plan.title, "percent": lexicon.number(round(100 * plan.confidence))}
            yield Finding(("keyResults", place, "confidence"), values)


def aspirational_certain(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find aspirational objectives that are certain: by each confidence, or by what the team has reached.

    The team's history speaks if at least three aspirational objectives of closed cycles all scored 1.
    """
    del lexicon
    if subject.objective is None or subject.objective.kind is not ObjectiveKind.ASPIRATIONAL:
        return
    said = [plan.confidence for _, plan in drivers(subject)]
    known = [confidence for confidence in said if confidence is not None]
    certain = subject.is_early and len(known) == len(said) > 0 and min(known) >= CERTAIN
    history = any(
        team.past_aspirational >= PAST_OBJECTIVES and team.past_reached == team.past_aspirational
        for team in subject.teams
    )
    if certain or history:
        yield Finding(("kind",))


def aspirational_many(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find teams of whose objectives more than half are aspirational."""
    del lexicon
    if subject.objective is not None and subject.objective.kind is not ObjectiveKind.ASPIRATIONAL:
        return
    for team in subject.teams:
        mixed = team.objectives >= MIXED_OBJECTIVES
        if mixed and team.aspirational > ASPIRATIONAL_SHARE * team.objectives:
            values: dict[str, Value] = {
                "name": team.name,
                "share": team.aspirational,
                "count": team.objectives,
            }
            yield of_load(subject, "kind", values, team.node)


RULES = (
    Rule("committed-stretch-wording", AdviceSeverity.WARNING, Source.PLAYBOOK, committed_stretch_wording),
    Rule("committed-doubtful", AdviceSeverity.WARNING, Source.PLAYBOOK, committed_doubtful),
    Rule("aspirational-certain", AdviceSeverity.WARNING, Source.PLAYBOOK, aspirational_certain),
    Rule("aspirational-many", AdviceSeverity.WARNING, Source.DOERR, aspirational_many),
)
