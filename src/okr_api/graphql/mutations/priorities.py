"""Mutations that create, update, archive, restore and delete strategic priorities; inputs and payload."""

from datetime import date

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    Retryable,
    Versioned,
    given,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.priority import Priority
from okr_api.okr import priority
from okr_api.okr.entity import NodeType
from okr_api.services import priorities
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `priorityCreate`.")
class PriorityCreateInput(Retryable):
    title: str = given("Title, 1 to 500 characters.")
    description: str | None = perhaps("What it means, as CommonMark, at most 10,000 characters.")
    owner: EntityRef | None = perhaps("Person accountable.")
    rank: float | None = perhaps(
        "Place among the priorities: the lowest comes first; equal ranks are in order of creation. After "
        "all others if omitted."
    )
    starts_on: date | None = perhaps("First day that it is meant for.")
    ends_on: date | None = perhaps("Last day that it is meant for, inclusive.")
    external_id: str | None = perhaps(
        "Id of the priority in your own system, 1 to 200 characters; must be unique among priorities."
    )


@strawberry.input
class PriorityRefInput(Versioned):
    """Base of the inputs that change an existing priority."""

    priority: EntityRef = given("The priority.")


@strawberry.input(description="Input of `priorityUpdate`. Omitted fields stay unchanged.")
class PriorityUpdateInput(PriorityRefInput):
    title: str | None = unchanged("New title, 1 to 500 characters.")
    description: str | None = unchanged("New description, at most 10,000 characters; null removes it.")
    owner: EntityRef | None = unchanged("New person accountable; null for none.")
    rank: float | None = unchanged(
        "New place among the priorities. To put it between two others, give a number between their ranks: "
        "no other priority changes."
    )
    starts_on: date | None = unchanged("New first day; null removes it.")
    ends_on: date | None = unchanged("New last day, inclusive; null removes it.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `priorityArchive`.")
class PriorityArchiveInput(PriorityRefInput):
    pass


@strawberry.input(description="Input of `priorityRestore`.")
class PriorityRestoreInput(PriorityRefInput):
    pass


@strawberry.input(description="Input of `priorityDelete`.")
class PriorityDeleteInput(PriorityRefInput):
    pass


@strawberry.type(description="Result of a mutation of a priority.")
class PriorityPayload(MutationPayload):
    priority: Priority | None = one(
        "node_id", "The priority after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class PrioritiesMutation:
    @strawberry.mutation(description="Create a strategic priority, in state ACTIVE. Needs WRITE.")
    async def priority_create(self, info: Info, input: PriorityCreateInput) -> PriorityPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await priorities.add_priority(work, actor, **created_values(input, priority.Priority))

        payload: PriorityPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(description="Change a priority's texts, owner, rank or days. Needs WRITE.")
    async def priority_update(self, info: Info, input: PriorityUpdateInput) -> PriorityPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await priorities.edit_priority(
                work,
                actor,
                priority=required_ref(input, "priority", NodeType.PRIORITY),
                edits=edited_values(input, priority.Priority),
                expected_version=input.expected_version,
            )

        payload: PriorityPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Set a priority to ARCHIVED: objectives that serve it keep it, and no other can begin "
        "to. Needs WRITE."
    )
    async def priority_archive(self, info: Info, input: PriorityArchiveInput) -> PriorityPayload | None:
        payload: PriorityPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: priorities.archive_priority(
                work,
                actor,
                priority=required_ref(input, "priority", NodeType.PRIORITY),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(description="Set an archived priority back to ACTIVE. Needs WRITE.")
    async def priority_restore(self, info: Info, input: PriorityRestoreInput) -> PriorityPayload | None:
        payload: PriorityPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: priorities.restore_priority(
                work,
                actor,
                priority=required_ref(input, "priority", NodeType.PRIORITY),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Delete a priority that no objective serves; archive it otherwise (PRIORITY_IS_SERVED). "
        "It stays in the feed and in exports. Needs WRITE."
    )
    async def priority_delete(self, info: Info, input: PriorityDeleteInput) -> PriorityPayload | None:
        payload: PriorityPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: priorities.remove_priority(
                work,
                actor,
                priority=required_ref(input, "priority", NodeType.PRIORITY),
                expected_version=input.expected_version,
            ),
        )
        return payload
