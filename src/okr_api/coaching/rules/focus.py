"""Rules on owners and teams: no accountable owner, too many objectives of one person or of one team."""

from collections.abc import Iterator

from okr_api.coaching.advice import AdviceSeverity, Finding, Rule, Value
from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.sources import Source
from okr_api.coaching.subject import NodeName, Subject

ADVISED_OBJECTIVES = 5


def of_load(subject: Subject, field: str, values: dict[str, Value], node: NodeName | None) -> Finding:
    """Return a finding on a team or a person: at the field of the objective, or of a cycle at the node."""
    if subject.objective is None:
        return Finding(("objectives",), values, node=node)
    return Finding((field,), values, related=node)


def owner_missing(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find objectives for which nobody is accountable."""
    del lexicon
    if subject.objective is not None and not subject.objective.has_owner:
        yield Finding(("owner",))


def owner_has_many(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find people who are accountable for too many objectives."""
    del lexicon
    for owner in subject.owners:
        if owner.objectives > ADVISED_OBJECTIVES:
            yield of_load(subject, "owner", {"name": owner.name, "count": owner.objectives}, owner.node)


def team_has_many_objectives(subject: Subject, lexicon: Lexicon) -> Iterator[Finding]:
    """Find teams with too many objectives."""
    del lexicon
    for team in subject.teams:
        if team.objectives > ADVISED_OBJECTIVES:
            yield of_load(subject, "team", {"name": team.name, "count": team.objectives}, team.node)


RULES = (
    Rule("owner-missing", AdviceSeverity.WARNING, Source.NIVEN_LAMORTE, owner_missing),
    Rule("owner-has-many", AdviceSeverity.WARNING, Source.DOERR, owner_has_many),
    Rule("team-has-many-objectives", AdviceSeverity.WARNING, Source.REWORK, team_has_many_objectives),
)
