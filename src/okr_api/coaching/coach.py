"""Coach: the list of all rules; apply them to a subject and word what they find, worst first, at most 100."""

from collections.abc import Collection, Iterator

from .advice import Advice, AdviceSeverity, Rule
from .lexicon import Lexicon
from .rules import (
    alignment,
    balance,
    due_date,
    focus,
    key_result_title,
    lessons,
    objective_kind,
    objective_title,
    target,
)
from .subject import Subject

RULES: tuple[Rule, ...] = (
    *objective_title.RULES,
    *key_result_title.RULES,
    *balance.RULES,
    *target.RULES,
    *focus.RULES,
    *objective_kind.RULES,
    *alignment.RULES,
    *due_date.RULES,
    *lessons.RULES,
)
RULE_IDS = frozenset(rule.id for rule in RULES)
MAX_ADVICE = 100
WORST_FIRST = tuple(reversed(AdviceSeverity))


def advise(subject: Subject, lexicon: Lexicon, off: Collection[str] = ()) -> list[Advice]:
    """Return the advice on a subject, the most severe first, then in the order of the rules; at most 100.

    Rules in `off` are not applied.
    """
    found = list(_found(subject, lexicon, off))
    found.sort(key=lambda advice: WORST_FIRST.index(advice.severity))  # stable
    return found[:MAX_ADVICE]


def _found(subject: Subject, lexicon: Lexicon, off: Collection[str]) -> Iterator[Advice]:
    for rule in RULES:
        if rule.id in off:
            continue
        message, suggestion = lexicon.texts[rule.id]
        for finding in rule.check(subject, lexicon):
            yield Advice(
                rule=rule.id,
                severity=rule.severity,
                message=message.format_map(finding.values),
                suggestion=suggestion.format_map(finding.values),
                source=rule.source,
                path=finding.path,
                node=finding.node,
                related=finding.related,
            )
