"""Mutations that create, update, resolve, reopen, escalate and delete roadblocks; inputs and payload."""

from datetime import date

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    MeasuredRef,
    Retryable,
    Versioned,
    given,
    measured_ref,
    optional_ref,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.roadblock import Roadblock
from okr_api.graphql.work_enums import RoadblockType
from okr_api.okr import roadblock as okr_roadblock
from okr_api.okr.entity import NodeType
from okr_api.services import roadblocks
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input
class RoadblockFields:
    """Fields of a new roadblock, alone or with a check-in."""

    title: str = given("Title, 1 to 500 characters.")
    description: str | None = perhaps("Details, as CommonMark, at most 10,000 characters.")
    type: RoadblockType = strawberry.field(default=RoadblockType.OTHER, description="What would remove it.")
    owner: EntityRef | None = perhaps(
        "Person who sees to it. Without one it is you, or nobody if your token is a service's."
    )
    next_action: str | None = perhaps("What is done next about it, at most 500 characters.")
    due_on: date | None = perhaps(
        "Day by which it is to be resolved; it may lie outside the cycle. By default that of the next "
        "check-in that is due on the objective or key result, if there is one."
    )
    external_id: str | None = perhaps(
        "Id of the roadblock in your own system, 1 to 200 characters; must be unique among roadblocks."
    )


@strawberry.input(description="Input of `roadblockCreate`.")
class RoadblockCreateInput(RoadblockFields, Retryable):
    on: MeasuredRef = given("Objective or key result that it stands in the way of.")


@strawberry.input(description="Input of `roadblockUpdate`. Omitted fields stay unchanged.")
class RoadblockUpdateInput(Versioned):
    roadblock: EntityRef = given("The roadblock, open or resolved.")
    title: str | None = unchanged("New title, 1 to 500 characters.")
    description: str | None = unchanged("New description, at most 10,000 characters; null removes it.")
    type: RoadblockType | None = unchanged("New type.")
    owner: EntityRef | None = unchanged("New person who sees to it; null for none.")
    next_action: str | None = unchanged("New next action, at most 500 characters; null removes it.")
    due_on: date | None = unchanged("New due day; null removes it.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `roadblockResolve`.")
class RoadblockResolveInput(Versioned):
    roadblock: EntityRef = given("The open roadblock.")
    resolution: str | None = perhaps("How it was resolved, as CommonMark, at most 10,000 characters.")


@strawberry.input(description="Input of `roadblockReopen`.")
class RoadblockReopenInput(Versioned):
    roadblock: EntityRef = given("The resolved roadblock.")
    reason: str | None = perhaps("Why; kept in the feed. At most 10,000 characters.")


@strawberry.input(description="Input of `roadblockEscalate`.")
class RoadblockEscalateInput(Versioned):
    roadblock: EntityRef = given("The open roadblock.")
    to: EntityRef | None = given("Person to whom it is escalated; null takes an escalation back.")
    reason: str | None = perhaps(
        "Why; kept as `escalationReason` and in the feed. At most 10,000 characters."
    )


@strawberry.input(description="Input of `roadblockDelete`.")
class RoadblockDeleteInput(Versioned):
    roadblock: EntityRef = given("The roadblock.")


@strawberry.type(description="Result of a mutation of a roadblock.")
class RoadblockPayload(MutationPayload):
    roadblock: Roadblock | None = one(
        "node_id", "The roadblock after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class RoadblocksMutation:
    """Mutations of roadblocks."""

    @strawberry.mutation(
        description="Say what stands in the way of an objective or a key result on which you may check in. "
        "It changes no number. Needs CHECK_IN."
    )
    async def roadblock_create(self, info: Info, input: RoadblockCreateInput) -> RoadblockPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            values = created_values(input, okr_roadblock.Roadblock)
            return await roadblocks.add_roadblock(work, actor, on=measured_ref(input.on, "on"), **values)

        payload: RoadblockPayload = await answer(info, Scope.CHECK_IN, input, do)
        return payload

    @strawberry.mutation(
        description="Change a roadblock. Its owner may, the person to whom it is escalated, and who may edit "
        "the objective. Needs WRITE."
    )
    async def roadblock_update(self, info: Info, input: RoadblockUpdateInput) -> RoadblockPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await roadblocks.edit_roadblock(
                work,
                actor,
                roadblock=required_ref(input, "roadblock", NodeType.ROADBLOCK),
                edits=edited_values(input, okr_roadblock.Roadblock),
                expected_version=input.expected_version,
            )

        payload: RoadblockPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Resolve an open roadblock that you may edit; a resolved one is rejected with "
        "ROADBLOCK_IS_RESOLVED. Needs WRITE."
    )
    async def roadblock_resolve(self, info: Info, input: RoadblockResolveInput) -> RoadblockPayload | None:
        payload: RoadblockPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: roadblocks.resolve_roadblock(
                work,
                actor,
                roadblock=required_ref(input, "roadblock", NodeType.ROADBLOCK),
                resolution=input.resolution,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Open a resolved roadblock again that you may edit; it has no resolution then. An open "
        "one is rejected with ROADBLOCK_IS_OPEN. Needs WRITE."
    )
    async def roadblock_reopen(self, info: Info, input: RoadblockReopenInput) -> RoadblockPayload | None:
        payload: RoadblockPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: roadblocks.reopen_roadblock(
                work,
                actor,
                roadblock=required_ref(input, "roadblock", NodeType.ROADBLOCK),
                reason=input.reason,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Escalate an open roadblock that you may edit to a person, who may edit and resolve it "
        "from then on; they do not see it unless they see its objective. Needs WRITE."
    )
    async def roadblock_escalate(self, info: Info, input: RoadblockEscalateInput) -> RoadblockPayload | None:
        payload: RoadblockPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: roadblocks.escalate_roadblock(
                work,
                actor,
                roadblock=required_ref(input, "roadblock", NodeType.ROADBLOCK),
                to=optional_ref(input, "to", NodeType.PERSON),
                reason=input.reason,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Delete a roadblock of which you may edit the objective. It stays in the feed and in "
        "exports; once it is overcome, resolve it instead. Needs WRITE."
    )
    async def roadblock_delete(self, info: Info, input: RoadblockDeleteInput) -> RoadblockPayload | None:
        payload: RoadblockPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: roadblocks.delete_roadblock(
                work,
                actor,
                roadblock=required_ref(input, "roadblock", NodeType.ROADBLOCK),
                expected_version=input.expected_version,
            ),
        )
        return payload
