"""Mutations that create and update teams, and add, update and remove members; their inputs and payloads."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.cadence_inputs import CADENCE, NEW_CADENCE, CadenceInput
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    ADDED_SINCE,
    EntityRef,
    Retryable,
    Versioned,
    given,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.people import Team, TeamMembership
from okr_api.okr import people
from okr_api.okr.entity import NodeType
from okr_api.okr.people import TeamRole
from okr_api.services import teams
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `teamCreate`.")
class TeamCreateInput(Retryable):
    name: str = given("Name, 1 to 500 characters.")
    parent: EntityRef | None = perhaps("Team that it is part of; omit for the top level.")
    cadence: CadenceInput | None = perhaps(CADENCE, metadata=ADDED_SINCE)
    external_id: str | None = perhaps(
        "Id of the team in your own system, 1 to 200 characters; must be unique among teams."
    )


@strawberry.input(description="Input of `teamUpdate`. Omitted fields stay unchanged.")
class TeamUpdateInput(Versioned):
    team: EntityRef = given("The team.")
    name: str | None = unchanged("New name, 1 to 500 characters.")
    parent: EntityRef | None = unchanged("New parent team; null moves the team to the top level.")
    cadence: CadenceInput | None = unchanged(NEW_CADENCE + " Leads of the team may change it alone.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `teamMemberAdd`.")
class TeamMemberAddInput(Retryable):
    team: EntityRef = given("The team.")
    person: EntityRef = given("The person; one who has left cannot be added.")
    role: TeamRole = strawberry.field(default=TeamRole.MEMBER, description="Role in the team.")
    external_id: str | None = perhaps(
        "Id of the membership in your own system, 1 to 200 characters; must be unique among memberships."
    )


@strawberry.input(description="Input of `teamMemberUpdate`. Omitted fields stay unchanged.")
class TeamMemberUpdateInput(Versioned):
    team_membership: EntityRef = given("The membership.")
    role: TeamRole | None = unchanged("New role in the team.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `teamMemberRemove`.")
class TeamMemberRemoveInput(Versioned):
    team_membership: EntityRef = given("The membership.")


@strawberry.type(description="Result of a mutation of a team.")
class TeamPayload(MutationPayload):
    team: Team | None = one("node_id", "The team after the change; null if rejected.")


@strawberry.type(description="Result of a mutation of a team membership.")
class TeamMembershipPayload(MutationPayload):
    team_membership: TeamMembership | None = one(
        "node_id", "The membership after the change; null if rejected, and once it is removed."
    )


@strawberry.type
class TeamsMutation:
    """Mutations of teams and their members."""

    @strawberry.mutation(description="Create a team. Needs WRITE.")
    async def team_create(self, info: Info, input: TeamCreateInput) -> TeamPayload | None:
        payload: TeamPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: teams.add_team(work, actor, **created_values(input, people.Team)),
        )
        return payload

    @strawberry.mutation(
        description="Rename a team, change its external id or cadence, or move it under another team. Its "
        "leads may change its cadence alone. Needs WRITE."
    )
    async def team_update(self, info: Info, input: TeamUpdateInput) -> TeamPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await teams.edit_team(
                work,
                actor,
                team=required_ref(input, "team", NodeType.TEAM),
                edits=edited_values(input, people.Team),
                expected_version=input.expected_version,
            )

        payload: TeamPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Add a person to a team. Rejected with ALREADY_EXISTS if the person is in it, and with "
        "PERSON_IS_REMOVED if they have left. Needs WRITE."
    )
    async def team_member_add(self, info: Info, input: TeamMemberAddInput) -> TeamMembershipPayload | None:
        payload: TeamMembershipPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: teams.add_member(work, actor, **created_values(input, people.TeamMembership)),
        )
        return payload

    @strawberry.mutation(
        description="Change the role of a team's member, or the membership's external id. Needs WRITE."
    )
    async def team_member_update(
        self, info: Info, input: TeamMemberUpdateInput
    ) -> TeamMembershipPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await teams.edit_member(
                work,
                actor,
                team_membership=required_ref(input, "team_membership", NodeType.TEAM_MEMBERSHIP),
                edits=edited_values(input, people.TeamMembership),
                expected_version=input.expected_version,
            )

        payload: TeamMembershipPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Remove a member from a team. The membership stays in the feed and in exports; the same "
        "person can be added again. Needs WRITE."
    )
    async def team_member_remove(
        self, info: Info, input: TeamMemberRemoveInput
    ) -> TeamMembershipPayload | None:
        payload: TeamMembershipPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: teams.remove_member(
                work,
                actor,
                team_membership=required_ref(input, "team_membership", NodeType.TEAM_MEMBERSHIP),
                expected_version=input.expected_version,
            ),
        )
        return payload
