"""Enums of initiatives registered as GraphQL enums, with a description for each value."""

from okr_api.graphql.enums import describe
from okr_api.okr.initiative import InitiativeState

__all__ = ["InitiativeState"]

describe(
    InitiativeState,
    "State of an initiative; any can follow any other, and none changes a number.",
    TODO="Not begun.",
    DOING="In progress.",
    DONE="Finished.",
    DROPPED="Given up.",
)
