"""Mutations that create, update and delete absences of people; their inputs and payload."""

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
from okr_api.graphql.types.absence import Absence
from okr_api.okr import absence as okr_absence
from okr_api.okr.entity import NodeType
from okr_api.services import absences
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `absenceCreate`.")
class AbsenceCreateInput(Retryable):
    person: EntityRef = given("Person who is away.")
    starts_on: date = given("First day, in the organisation's time zone.")
    ends_on: date = given("Last day, not before the first.")
    delegate: EntityRef | None = perhaps(
        "Person who owes the check-ins meanwhile: another one, who is not absent on any of the days."
    )
    note: str | None = perhaps("Note for others, as CommonMark, at most 10,000 characters.")
    external_id: str | None = perhaps(
        "Id of the absence in your own system, 1 to 200 characters; must be unique among absences."
    )


@strawberry.input(description="Input of `absenceUpdate`. Omitted fields stay unchanged.")
class AbsenceUpdateInput(Versioned):
    absence: EntityRef = given("The absence.")
    starts_on: date | None = unchanged("New first day; null is an error.")
    ends_on: date | None = unchanged("New last day; null is an error.")
    delegate: EntityRef | None = unchanged("New person who owes the check-ins meanwhile; null for none.")
    note: str | None = unchanged("New note, at most 10,000 characters; null removes it.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `absenceDelete`.")
class AbsenceDeleteInput(Versioned):
    absence: EntityRef = given("The absence.")


@strawberry.type(description="Result of a mutation of an absence.")
class AbsencePayload(MutationPayload):
    absence: Absence | None = one(
        "node_id", "The absence after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class AbsencesMutation:
    """Mutations of absences."""

    @strawberry.mutation(
        description="Say that a person is away: yourself, or anybody if you may edit people. Rejected with "
        "ABSENCE_OVERLAPS if the person is away on one of the days already, and with DELEGATE_IS_ABSENT if "
        "the delegate is. Needs WRITE."
    )
    async def absence_create(self, info: Info, input: AbsenceCreateInput) -> AbsencePayload | None:
        payload: AbsencePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: absences.add_absence(
                work, actor, **created_values(input, okr_absence.Absence)
            ),
        )
        return payload

    @strawberry.mutation(
        description="Change the days, the delegate or the note of an absence: of yourself, or of anybody if "
        "you may edit people. Rejected like `absenceCreate`. Needs WRITE."
    )
    async def absence_update(self, info: Info, input: AbsenceUpdateInput) -> AbsencePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await absences.edit_absence(
                work,
                actor,
                absence=required_ref(input, "absence", NodeType.ABSENCE),
                edits=edited_values(input, okr_absence.Absence),
                expected_version=input.expected_version,
            )

        payload: AbsencePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Delete an absence: of yourself, or of anybody if you may edit people. It stays in the "
        "feed and in exports. Needs WRITE."
    )
    async def absence_delete(self, info: Info, input: AbsenceDeleteInput) -> AbsencePayload | None:
        payload: AbsencePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: absences.delete_absence(
                work,
                actor,
                absence=required_ref(input, "absence", NodeType.ABSENCE),
                expected_version=input.expected_version,
            ),
        )
        return payload
