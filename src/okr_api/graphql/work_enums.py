"""GraphQL enums of initiatives, dependencies, roadblocks and decisions, with a description for each value."""

from enum import StrEnum

from okr_api.graphql.enums import describe, describe_input
from okr_api.okr.decision import DecisionState
from okr_api.okr.dependency import DependencyState
from okr_api.okr.initiative import InitiativeState
from okr_api.okr.roadblock import RoadblockState, RoadblockType

__all__ = [
    "DecisionState",
    "DependencySide",
    "DependencyState",
    "InitiativeState",
    "RoadblockState",
    "RoadblockType",
]


class DependencySide(StrEnum):
    """Side of a dependency on which a team is."""

    GIVING = "GIVING"
    NEEDING = "NEEDING"


describe(
    InitiativeState,
    "State of an initiative; any can follow any other, and none changes a number.",
    TODO="Not begun.",
    DOING="In progress.",
    DONE="Finished.",
    DROPPED="Given up.",
)
describe(
    DependencyState,
    "State of a dependency; any can follow any other, and none changes a number.",
    OPEN="Asked for; nothing is agreed.",
    AGREED="The giving side has agreed to give it.",
    DELIVERED="Given.",
    FAILED="It was not given, or will not be.",
)
describe_input(
    DependencySide,
    "Side of a dependency on which a team is.",
    GIVING="What the team is to give to others.",
    NEEDING="What the team's objectives and key results need of other teams.",
)
describe(
    RoadblockType,
    "What would remove a roadblock, or what it is made of.",
    DEPENDENCY="Something that another team has to give.",
    RESOURCE="People, time or money are missing.",
    DECISION="Somebody has to decide something.",
    TECHNICAL="Something does not work, or nobody knows how to build it.",
    PRIORITY="Other work comes first.",
    EXTERNAL="It lies outside of the organisation, as with a supplier or an authority.",
    OTHER="Anything else.",
)
describe(
    RoadblockState,
    "State of a roadblock.",
    OPEN="It stands in the way.",
    RESOLVED="It does not any more; `resolution` says how that was reached.",
)
describe(
    DecisionState,
    "State of a decision; any can follow any other.",
    OPEN="Decided, and not carried out yet.",
    DONE="Carried out.",
    DROPPED="Given up, or replaced by another decision.",
)
