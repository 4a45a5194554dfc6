"""Mutations that update the organisation, and create, update and remove people, with their inputs."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.cadence_inputs import CadenceInput, HolidayCalendarInput
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
from okr_api.graphql.mutations.payloads import (
    OrganizationPayload,
    PersonPayload,
    answer,
)
from okr_api.graphql.policy_enums import Editing, Role
from okr_api.okr import people
from okr_api.okr.entity import NodeType
from okr_api.services import organization
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `organizationUpdate`. Omitted fields stay unchanged.")
class OrganizationUpdateInput(Versioned):
    name: str | None = unchanged("New name, 1 to 500 characters; null is an error.")
    time_zone: str | None = unchanged(
        "New IANA time zone, such as `Europe/Berlin`; null is an error. Days of cycles and due dates move "
        "with it, and every number of open cycles is recomputed: `deltas` lists those that differ."
    )
    language: str | None = unchanged("New language as a BCP 47 tag: `en` or `de`; null is an error.")
    mission: str | None = unchanged(
        "What the organisation is there for, as CommonMark, at most 10,000 characters; null removes it."
    )
    vision: str | None = unchanged(
        "What the organisation wants to become, as CommonMark, at most 10,000 characters; null removes it."
    )
    editing: Editing | None = unchanged(
        "Who may edit an objective from now on: every member, or those responsible for it; null is an error."
    )
    coaching_rules_off: list[str] | None = unchanged(
        "Ids of all coaching rules that are switched off from now on; replaces the list, null empties it. "
        "`coachingSettings` has the ids."
    )
    cadence: CadenceInput | None = unchanged(
        "New cadence of check-ins, as a whole; null removes it. Statuses that it moves are recomputed."
    )
    holiday_calendar: HolidayCalendarInput | None = unchanged(
        "New days on which no check-in is due, as a whole; null removes them."
    )
    review_required: bool | None = unchanged(
        "Whether cycles are only closed with a review of each published objective; null is an error."
    )


@strawberry.input(description="Input of `personCreate`.")
class PersonCreateInput(Retryable):
    name: str = given("Full name, 1 to 500 characters.")
    email: str | None = perhaps("E-mail address, at most 320 characters; no other active person may have it.")
    external_id: str | None = perhaps(
        "Id of the person in your own system, 1 to 200 characters; must be unique among people."
    )
    role: Role = strawberry.field(
        default=Role.MEMBER,
        description="What the person may do. Another role than MEMBER is set by admins only.",
        metadata=ADDED_SINCE,
    )


@strawberry.input(description="Input of `personUpdate`. Omitted fields stay unchanged.")
class PersonUpdateInput(Versioned):
    person: EntityRef = given("The person.")
    name: str | None = unchanged("New name, 1 to 500 characters.")
    email: str | None = unchanged(
        "New e-mail address, at most 320 characters; null removes it. No other active person may have it."
    )
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")
    role: Role | None = unchanged(
        "New role, set by admins only; null is an error. It applies at once to all tokens of the person."
    )


@strawberry.input(description="Input of `personRemove`.")
class PersonRemoveInput(Versioned):
    person: EntityRef = given("The person.")


@strawberry.type
class OrganizationMutation:
    """Mutations of the organisation and people."""

    @strawberry.mutation(
        description="Change the organisation's name, time zone, language, texts, coaching rules, cadence, "
        "holidays, or who may edit. Needs ADMIN. Another time zone, cadence or holiday recomputes the whole "
        "organisation but closed cycles; it takes no other writes meanwhile."
    )
    async def organization_update(
        self, info: Info, input: OrganizationUpdateInput
    ) -> OrganizationPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await organization.edit_organization(
                work,
                actor,
                edits=edited_values(input, people.Organization),
                expected_version=input.expected_version,
            )

        payload: OrganizationPayload = await answer(info, Scope.ADMIN, input, do)
        return payload

    @strawberry.mutation(description="Add a person. Needs WRITE.")
    async def person_create(self, info: Info, input: PersonCreateInput) -> PersonPayload | None:
        payload: PersonPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: organization.add_person(work, actor, **created_values(input, people.Person)),
        )
        return payload

    @strawberry.mutation(
        description="Change a person's name, e-mail address, external id or role. Needs WRITE. The role is "
        "set by admins only. Rejected with LAST_ADMIN if nobody would be left to administer the "
        "organisation."
    )
    async def person_update(self, info: Info, input: PersonUpdateInput) -> PersonPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await organization.edit_person(
                work,
                actor,
                person=required_ref(input, "person", NodeType.PERSON),
                edits=edited_values(input, people.Person),
                expected_version=input.expected_version,
            )

        payload: PersonPayload = await answer(info, Scope.WRITE, input, do)
        if input.role:
            info.context.app_services.tokens.forget()  # what the person's tokens allow has changed
        return payload

    @strawberry.mutation(
        description="Mark a person as having left: they can take no new work, their tokens are revoked, and "
        "history keeps naming them. Needs WRITE. Rejected with LAST_ADMIN if nobody would be left to "
        "administer the organisation."
    )
    async def person_remove(self, info: Info, input: PersonRemoveInput) -> PersonPayload | None:
        payload: PersonPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: organization.remove_person(
                work,
                actor,
                person=required_ref(input, "person", NodeType.PERSON),
                expected_version=input.expected_version,
            ),
        )
        info.context.app_services.tokens.forget()  # the person's tokens are revoked
        return payload
