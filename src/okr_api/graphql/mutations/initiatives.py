"""Mutations that create, update and delete initiatives (planned work); their inputs and payload."""

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
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.initiative import Initiative
from okr_api.graphql.work_enums import InitiativeState
from okr_api.okr import initiative as okr_initiative
from okr_api.okr.entity import NodeType
from okr_api.services import initiatives
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input
class InitiativeFields:
    """Fields of a new initiative, alone or with a check-in."""

    title: str = given("Title, 1 to 500 characters.")
    description: str | None = perhaps("Details, as CommonMark, at most 10,000 characters.")
    owner: EntityRef | None = perhaps("Person accountable, who may edit it.")
    due_on: date | None = perhaps("Day by which it is to be done; it may lie outside the cycle.")
    state: InitiativeState = strawberry.field(default=InitiativeState.TODO, description="State.")
    link: str | None = perhaps("Where the work is tracked: an http or https URL, at most 2,000 characters.")
    external_id: str | None = perhaps(
        "Id of the initiative in your own system, 1 to 200 characters; must be unique among initiatives."
    )


@strawberry.input(description="Input of `initiativeCreate`.")
class InitiativeCreateInput(InitiativeFields, Retryable):
    for_: MeasuredRef = given("Objective or key result that it is the work for.", name="for")


@strawberry.input(description="Input of `initiativeUpdate`. Omitted fields stay unchanged.")
class InitiativeUpdateInput(Versioned):
    initiative: EntityRef = given("The initiative.")
    title: str | None = unchanged("New title, 1 to 500 characters.")
    description: str | None = unchanged("New description, at most 10,000 characters; null removes it.")
    owner: EntityRef | None = unchanged("New person accountable; null for none.")
    due_on: date | None = unchanged("New due day; null removes it.")
    state: InitiativeState | None = unchanged("New state.")
    link: str | None = unchanged("New http or https URL, at most 2,000 characters; null removes it.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `initiativeDelete`.")
class InitiativeDeleteInput(Versioned):
    initiative: EntityRef = given("The initiative.")


@strawberry.type(description="Result of a mutation of an initiative.")
class InitiativePayload(MutationPayload):
    initiative: Initiative | None = one(
        "node_id", "The initiative after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class InitiativesMutation:
    """Mutations of initiatives."""

    @strawberry.mutation(
        description="Add work to an objective or a key result of which you may edit the objective. It "
        "changes no number. Needs WRITE."
    )
    async def initiative_create(self, info: Info, input: InitiativeCreateInput) -> InitiativePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await initiatives.add_initiative(
                work,
                actor,
                measured=measured_ref(input.for_, "for"),
                **created_values(input, okr_initiative.Initiative),
            )

        payload: InitiativePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Change an initiative. Its owner may, and who may edit the objective. Needs WRITE."
    )
    async def initiative_update(self, info: Info, input: InitiativeUpdateInput) -> InitiativePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await initiatives.edit_initiative(
                work,
                actor,
                initiative=required_ref(input, "initiative", NodeType.INITIATIVE),
                edits=edited_values(input, okr_initiative.Initiative),
                expected_version=input.expected_version,
            )

        payload: InitiativePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Delete an initiative of which you may edit the objective. It stays in the feed and in "
        "exports; to give it up, set it to DROPPED instead. Needs WRITE."
    )
    async def initiative_delete(self, info: Info, input: InitiativeDeleteInput) -> InitiativePayload | None:
        payload: InitiativePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: initiatives.delete_initiative(
                work,
                actor,
                initiative=required_ref(input, "initiative", NodeType.INITIATIVE),
                expected_version=input.expected_version,
            ),
        )
        return payload
