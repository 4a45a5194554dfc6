"""Bases of objectives, key results and people: fields that list the records that belong to them."""

import strawberry

from okr_api.graphql.types.check_in_draft import DraftsOfKeyResult, DraftsOfObjective
from okr_api.graphql.types.decision import (
    DecisionsOfKeyResult,
    DecisionsOfObjective,
    DecisionsOfPerson,
)
from okr_api.graphql.types.dependency import (
    DependenciesOfKeyResult,
    DependenciesOfObjective,
    DependenciesOfPerson,
)
from okr_api.graphql.types.experiment import ExperimentsOfKeyResult, ExperimentsOfPerson
from okr_api.graphql.types.initiative import (
    InitiativesOfKeyResult,
    InitiativesOfObjective,
    InitiativesOfPerson,
)
from okr_api.graphql.types.lesson import LessonsOfKeyResult, LessonsOfObjective, LessonsOfPerson
from okr_api.graphql.types.roadblock import (
    RoadblocksOfKeyResult,
    RoadblocksOfObjective,
    RoadblocksOfPerson,
)


@strawberry.type
class RecordsOfObjective(
    DraftsOfObjective,
    InitiativesOfObjective,
    DependenciesOfObjective,
    RoadblocksOfObjective,
    DecisionsOfObjective,
    LessonsOfObjective,
):
    """Base of the type of objectives."""


@strawberry.type
class RecordsOfKeyResult(
    DraftsOfKeyResult,
    InitiativesOfKeyResult,
    DependenciesOfKeyResult,
    RoadblocksOfKeyResult,
    DecisionsOfKeyResult,
    ExperimentsOfKeyResult,
    LessonsOfKeyResult,
):
    """Base of the type of key results."""


@strawberry.type
class RecordsOfPerson(
    InitiativesOfPerson,
    DependenciesOfPerson,
    RoadblocksOfPerson,
    DecisionsOfPerson,
    ExperimentsOfPerson,
    LessonsOfPerson,
):
    """Base of the type of people."""
