"""Inputs of what is added to a key result together with a check-in on it."""

from collections.abc import Sequence
from typing import Any

import strawberry

from okr_api.graphql.mutations.decisions import DecisionFields
from okr_api.graphql.mutations.entity_inputs import created_values
from okr_api.graphql.mutations.initiatives import InitiativeFields
from okr_api.graphql.mutations.inputs import ADDED_SINCE, perhaps
from okr_api.graphql.mutations.roadblocks import RoadblockFields
from okr_api.okr.decision import Decision
from okr_api.okr.errors import Refused
from okr_api.okr.initiative import Initiative
from okr_api.okr.roadblock import Roadblock
from okr_api.services.check_in_records import NewRecords


@strawberry.input(description="Roadblock of the key result that is checked in on.")
class CheckInRoadblockInput(RoadblockFields):
    pass


@strawberry.input(description="Work for the key result that is checked in on.")
class CheckInInitiativeInput(InitiativeFields):
    pass


@strawberry.input(description="Decision about the key result that is checked in on.")
class CheckInDecisionInput(DecisionFields):
    pass


@strawberry.input
class CheckInRecordFields:
    """Fields of what is added to the key result in the same change; without them a check-in is quicker."""

    roadblocks: list[CheckInRoadblockInput] | None = perhaps(
        "What stands in the way of the key result, at most 20; raised in the same change.",
        metadata=ADDED_SINCE,
    )
    initiatives: list[CheckInInitiativeInput] | None = perhaps(
        "Work for the key result, at most 20; added in the same change. You have to be able to edit its "
        "objective. Needs WRITE.",
        metadata=ADDED_SINCE,
    )
    decisions: list[CheckInDecisionInput] | None = perhaps(
        "What is decided about the key result, at most 20; kept in the same change. Needs WRITE.",
        metadata=ADDED_SINCE,
    )


def records_of(input: CheckInRecordFields) -> NewRecords:
    """Return what is to be added; raise `NotFound` if an id is of another type of entity."""
    return NewRecords(
        roadblocks=_values("roadblocks", input.roadblocks, Roadblock),
        initiatives=_values("initiatives", input.initiatives, Initiative),
        decisions=_values("decisions", input.decisions, Decision),
    )


def _values(name: str, inputs: Sequence[Any] | None, model: type[Any]) -> list[dict[str, Any]]:
    found = []
    for place, input in enumerate(inputs or ()):
        try:
            found.append(created_values(input, model))
        except Refused as refused:
            raise refused.under(name, place) from None
    return found
