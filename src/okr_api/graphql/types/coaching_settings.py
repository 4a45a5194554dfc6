"""GraphQL types of coaching settings: each rule, and whether it is on; the enum of severities."""

from collections.abc import Sequence
from typing import Any

import strawberry

from okr_api.coaching.advice import AdviceSeverity
from okr_api.coaching.coach import RULES
from okr_api.graphql.enums import describe
from okr_api.graphql.fields import column, documents, view_of

describe(
    AdviceSeverity,
    "How much an advice matters.",
    INFO="Worth a thought.",
    WARNING="It usually ends badly.",
    PROBLEM="It will not work as planned, or cannot be saved so.",
)


def _settings_of(rules_off: Sequence[str]) -> list[dict[str, Any]]:
    """Return each rule with whether it is on."""
    return [
        {
            "rule": rule.id,
            "severity": rule.severity,
            "source": rule.source,
            "is_on": rule.id not in rules_off,
        }
        for rule in RULES
    ]


@view_of()
@strawberry.type(description="A rule of coaching, and whether it is switched on.")
class CoachingRule:
    rule: str = column(
        "rule", "Id of the rule, as in `Advice.rule` and `coachingRulesOff`; it never changes."
    )
    severity: AdviceSeverity = column("severity", "How much its advice matters.")
    source: str = column("source", "Book or guide that teaches the rule.")
    is_on: bool = column("is_on", "Whether it is applied.")


@view_of()
@strawberry.type(description="Which rules of coaching are applied; `organizationUpdate` changes it.")
class CoachingSettings:
    rules_off: list[str] = column(
        "coaching_rules_off", "Ids of the rules that are switched off, in alphabetical order."
    )
    rules: list[CoachingRule] = documents(
        _settings_of,
        "coaching_rules_off",
        description="Every rule in the order of docs/coaching.md, with whether it is on.",
    )
