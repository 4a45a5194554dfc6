"""Mutations that create, update and delete dependencies between teams; their inputs and payload."""

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
    edits_of,
    given,
    measured_ref,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.dependency import Dependency
from okr_api.graphql.work_enums import DependencyState
from okr_api.okr import dependency as okr_dependency
from okr_api.okr.entity import NodeType
from okr_api.services import dependencies
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `dependencyCreate`.")
class DependencyCreateInput(Retryable):
    needing: MeasuredRef = given("Objective or key result that needs it.")
    giving_team: EntityRef = given(
        "Team that is to give it; not the team of the needing objective (TEAM_NEEDS_ITSELF)."
    )
    giving: MeasuredRef | None = perhaps(
        "Objective or key result that is to give it. Rejected with DEPENDENCY_LOOPS if its objective is the "
        "needing one, or needs that, directly or through others."
    )
    description: str = given("What is needed, as CommonMark, 1 to 10,000 characters.")
    owner: EntityRef | None = perhaps("Person accountable on the giving side, who may set the state.")
    needed_by: date | None = perhaps("Day by which it is needed; it may lie outside the cycle.")
    state: DependencyState = strawberry.field(default=DependencyState.OPEN, description="State.")
    external_id: str | None = perhaps(
        "Id of the dependency in your own system, 1 to 200 characters; must be unique among dependencies."
    )


@strawberry.input(description="Input of `dependencyUpdate`. Omitted fields stay unchanged.")
class DependencyUpdateInput(Versioned):
    dependency: EntityRef = given("The dependency.")
    giving_team: EntityRef | None = unchanged(
        "New team that is to give it; not the team of the needing objective (TEAM_NEEDS_ITSELF)."
    )
    giving: MeasuredRef | None = unchanged(
        "New objective or key result that is to give it; null for none. See `DependencyCreateInput`."
    )
    description: str | None = unchanged("New description, 1 to 10,000 characters.")
    owner: EntityRef | None = unchanged("New person accountable on the giving side; null for none.")
    needed_by: date | None = unchanged("New day by which it is needed; null removes it.")
    state: DependencyState | None = unchanged("New state.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `dependencyDelete`.")
class DependencyDeleteInput(Versioned):
    dependency: EntityRef = given("The dependency.")


@strawberry.type(description="Result of a mutation of a dependency.")
class DependencyPayload(MutationPayload):
    dependency: Dependency | None = one(
        "node_id", "The dependency after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class DependenciesMutation:
    """Mutations of dependencies."""

    @strawberry.mutation(
        description="Say what an objective or a key result, of which you may edit the objective, needs of "
        "another team. It changes no number. Needs WRITE."
    )
    async def dependency_create(self, info: Info, input: DependencyCreateInput) -> DependencyPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await dependencies.add_dependency(
                work,
                actor,
                needing=measured_ref(input.needing, "needing"),
                giving=measured_ref(input.giving, "giving") if input.giving else None,
                **created_values(input, okr_dependency.Dependency),
            )

        payload: DependencyPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Change a dependency of which you may edit the needing objective. Its owner, and those "
        "who lead the giving team or a team above it, may set `state` and `owner`. Needs WRITE."
    )
    async def dependency_update(self, info: Info, input: DependencyUpdateInput) -> DependencyPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            edits = edited_values(input, okr_dependency.Dependency)
            for name, value in edits_of(input, "giving").items():
                edits[name] = measured_ref(value, name) if value else None
            return await dependencies.edit_dependency(
                work,
                actor,
                dependency=required_ref(input, "dependency", NodeType.DEPENDENCY),
                edits=edits,
                expected_version=input.expected_version,
            )

        payload: DependencyPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Delete a dependency of which you may edit the needing objective. It stays in the feed "
        "and in exports. Needs WRITE."
    )
    async def dependency_delete(self, info: Info, input: DependencyDeleteInput) -> DependencyPayload | None:
        payload: DependencyPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: dependencies.delete_dependency(
                work,
                actor,
                dependency=required_ref(input, "dependency", NodeType.DEPENDENCY),
                expected_version=input.expected_version,
            ),
        )
        return payload
