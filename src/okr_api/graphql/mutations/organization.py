"""Mutations of the organisation, its people and its teams."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.inputs import (
    Naming,
    Retryable,
    demand,
    edited_ref,
    edits_of,
    given,
    needed,
    perhaps,
    ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import (
    OrganizationPayload,
    PersonPayload,
    TeamPayload,
    answer,
)
from okr_api.okr.change import NodeType
from okr_api.services import organization
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Renames the organisation.")
class OrganizationUpdateInput(Retryable):
    """Input."""

    name: str = given("The new name.")


@strawberry.input(description="Adds a person.")
class PersonCreateInput(Retryable):
    """Input."""

    name: str = given("The name.")
    email: str | None = perhaps("The e-mail address; nobody else who has not left may have it.")
    external_id: str | None = perhaps("The id that your systems know the person by.")


@strawberry.input(description="Changes what is known of a person.")
class PersonUpdateInput(Naming):
    """Input."""

    name: str | None = unchanged("The new name.")
    email: str | None = unchanged("The new e-mail address; null takes it away.")
    new_external_id: str | None = unchanged("The new external id; null takes it away.")


@strawberry.input(description="Says that a person has left.")
class PersonRemoveInput(Naming):
    """Input."""


@strawberry.input(description="Adds a team.")
class TeamCreateInput(Retryable):
    """Input."""

    name: str = given("The name.")
    parent_id: strawberry.ID | None = perhaps("The team that it is a part of.")
    parent_external_id: str | None = perhaps("The same by its external id.")
    external_id: str | None = perhaps("The id that your systems know the team by.")


@strawberry.input(description="Changes or moves a team.")
class TeamUpdateInput(Naming):
    """Input."""

    name: str | None = unchanged("The new name.")
    parent_id: strawberry.ID | None = unchanged("The team that it is now a part of; null for none.")
    parent_external_id: str | None = unchanged("The same by its external id.")
    new_external_id: str | None = unchanged("The new external id; null takes it away.")


@strawberry.type
class OrganizingMutation:
    """Mutations of people and teams."""

    @strawberry.mutation(description="Renames the organisation. Needs ADMIN.")
    async def organization_update(
        self, info: Info, input: OrganizationUpdateInput
    ) -> OrganizationPayload | None:
        """Renames."""
        payload: OrganizationPayload = await answer(
            info,
            Scope.ADMIN,
            input,
            lambda work, actor: organization.rename_organization(work, actor, name=input.name),
        )
        return payload

    @strawberry.mutation(description="Adds a person. Needs WRITE.")
    async def person_create(self, info: Info, input: PersonCreateInput) -> PersonPayload | None:
        """Adds."""
        payload: PersonPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: organization.add_person(
                work, actor, name=input.name, email=input.email, external_id=input.external_id
            ),
        )
        return payload

    @strawberry.mutation(description="Changes what is known of a person. Needs WRITE.")
    async def person_update(self, info: Info, input: PersonUpdateInput) -> PersonPayload | None:
        """Changes."""
        edits = edits_of(input, "name", "email", new_external_id="external_id")

        async def do(work: Work, actor: Actor) -> MutationResult:
            demand(edits, "name")
            return await organization.edit_person(
                work,
                actor,
                person=needed(input, "", NodeType.PERSON),
                edits=edits,
                expected_version=input.expected_version,
            )

        payload: PersonPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Says that a person has left: no new work, no tokens; history stays. Needs WRITE."
    )
    async def person_remove(self, info: Info, input: PersonRemoveInput) -> PersonPayload | None:
        """Removes."""
        payload: PersonPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: organization.remove_person(
                work,
                actor,
                person=needed(input, "", NodeType.PERSON),
                expected_version=input.expected_version,
            ),
        )
        info.context.app_services.tokens.forget()  # theirs are revoked
        return payload

    @strawberry.mutation(description="Adds a team. Needs WRITE.")
    async def team_create(self, info: Info, input: TeamCreateInput) -> TeamPayload | None:
        """Adds."""
        payload: TeamPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: organization.add_team(
                work,
                actor,
                name=input.name,
                parent=ref(input, "parent", NodeType.TEAM),
                external_id=input.external_id,
            ),
        )
        return payload

    @strawberry.mutation(description="Changes a team, or moves it within the tree of teams. Needs WRITE.")
    async def team_update(self, info: Info, input: TeamUpdateInput) -> TeamPayload | None:
        """Changes."""
        edits = edits_of(input, "name", new_external_id="external_id")

        async def do(work: Work, actor: Actor) -> MutationResult:
            demand(edits, "name")
            edited_ref(edits, input, "parent", NodeType.TEAM)
            return await organization.edit_team(
                work,
                actor,
                team=needed(input, "", NodeType.TEAM),
                edits=edits,
                expected_version=input.expected_version,
            )

        payload: TeamPayload = await answer(info, Scope.WRITE, input, do)
        return payload
