"""Mutation `cycleRollOver` with its inputs and payload: what goes on becomes drafts of a later cycle."""

from typing import Any

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import documents, one
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    Retryable,
    entity_ref,
    given,
    perhaps,
    required_ref,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answered, performed
from okr_api.graphql.types.cycle import Cycle
from okr_api.graphql.types.roll_over import RolledOverObjective
from okr_api.okr.entity import NodeType
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.roll_over import roll_over
from okr_api.services.roll_over_items import KeyResultItem, RollOverItem
from okr_api.store.unit_of_work import Work


@strawberry.input(description="What is wished of a key result of an objective that goes on.")
class RollOverKeyResultInput:
    key_result: EntityRef = given("Key result of the objective.")
    start_value: float | None = perhaps(
        "Value from which it starts again, in its unit; by default its last value, or its start without one."
    )
    target_value: float | None = perhaps("Its target, in its unit; by default the one that it has.")
    skip: bool = strawberry.field(default=False, description="true: it does not go on.")


@strawberry.input(
    description="What is wished of an objective of the earlier cycle, whatever its review decides: it goes "
    "on, unless it is skipped."
)
class RollOverItemInput:
    objective: EntityRef = given("Objective of the earlier cycle, which was published and is not dropped.")
    skip: bool = strawberry.field(default=False, description="true: it does not go on.")
    key_results: list[RollOverKeyResultInput] | None = perhaps(
        "Key results that are skipped, or have other values; all others go on with their defaults."
    )


@strawberry.input(description="Input of `cycleRollOver`.")
class CycleRollOverInput(Retryable):
    from_cycle: EntityRef = given("The earlier cycle, which has begun.")
    to_cycle: EntityRef = given(
        "The later cycle, which takes edits: it begins and ends after the earlier one."
    )
    items: list[RollOverItemInput] | None = perhaps(
        "Objectives for which something else than the decision of their review applies, at most 1,000, with "
        "at most 1,000 key results together; both count towards the 3,200 input objects of a request, each "
        "as two. Further ones are for further calls."
    )
    dry_run: bool = strawberry.field(
        default=False,
        description="true: change nothing, and return what would be done with each objective. Nobody waits "
        "for it, and an `idempotencyKey` stays unused.",
    )


@strawberry.type(description="Result of rolling a cycle over.")
class CycleRollOverPayload(MutationPayload):
    cycle: Cycle | None = one("node_id", "The later cycle; null if rejected.")
    objectives: list[RolledOverObjective] = documents(
        lambda entries: entries,
        "entries",
        description="What became of each objective of the earlier cycle that you see, which was published "
        "and is not dropped, or which an item names; in order of creation. Empty if rejected.",
    )


def item_of(input: RollOverItemInput, place: int) -> RollOverItem:
    """Return an item with its references; raises the errors of `entity_ref`."""
    path = ("items", place)
    return RollOverItem(
        objective=entity_ref(input.objective, NodeType.OBJECTIVE, (*path, "objective")),
        skip=input.skip,
        key_results=tuple(
            KeyResultItem(
                key_result=entity_ref(
                    part.key_result, NodeType.KEY_RESULT, (*path, "keyResults", number, "keyResult")
                ),
                skip=part.skip,
                values=_values(part),
            )
            for number, part in enumerate(input.key_results or ())
        ),
    )


def _values(part: RollOverKeyResultInput) -> dict[str, Any]:
    """Return the values that are given, by name."""
    values = {"startValue": part.start_value, "targetValue": part.target_value}
    return {name: value for name, value in values.items() if value is not None}


@strawberry.type
class CycleRollOverMutation:
    @strawberry.mutation(
        description="Carry objectives of a cycle over into a later one, as drafts: those whose review "
        "decides KEEP or MODIFY, unless `items` say otherwise, and of these the ones that you see and may "
        "edit. What was carried over before is not carried again: a second call changes nothing. Needs "
        "WRITE."
    )
    async def cycle_roll_over(self, info: Info, input: CycleRollOverInput) -> CycleRollOverPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await roll_over(
                work,
                actor,
                from_cycle=required_ref(input, "from_cycle", NodeType.CYCLE),
                to_cycle=required_ref(input, "to_cycle", NodeType.CYCLE),
                items=[item_of(item, place) for place, item in enumerate(input.items or ())],
                dry_run=input.dry_run,
            )

        outcome = await performed(info, Scope.WRITE, input, do, is_dry=input.dry_run)
        payload: CycleRollOverPayload = await answered(info, outcome, entries=list(outcome.entries))
        return payload
