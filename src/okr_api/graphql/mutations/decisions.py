"""Mutations that create, update and delete decisions; their inputs and payload."""

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
from okr_api.graphql.types.decision import Decision
from okr_api.graphql.work_enums import DecisionState
from okr_api.okr import decision as okr_decision
from okr_api.okr.entity import NodeType
from okr_api.services import decisions
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work

ABOUT = "Objective or key result that it is about; it is visible where that is."


@strawberry.input
class DecisionFields:
    """Fields of a new decision, alone or with its meeting or a check-in."""

    text: str = given("What was decided, as CommonMark, 1 to 10,000 characters.")
    owner: EntityRef | None = perhaps("Person accountable, who may edit it.")
    due_on: date | None = perhaps("Day by which it is to be carried out.")
    state: DecisionState = strawberry.field(default=DecisionState.OPEN, description="State.")
    external_id: str | None = perhaps(
        "Id of the decision in your own system, 1 to 200 characters; must be unique among decisions."
    )


@strawberry.input(description="Input of `decisionCreate`.")
class DecisionCreateInput(DecisionFields, Retryable):
    about: MeasuredRef | None = perhaps(ABOUT)
    meeting: EntityRef | None = perhaps(
        "Meeting that took it, which you may edit. Without one, you have to be able to check in on what it "
        "is about; about nothing, it is your own unless you name an owner."
    )


@strawberry.input(description="Input of `decisionUpdate`. Omitted fields stay unchanged.")
class DecisionUpdateInput(Versioned):
    decision: EntityRef = given("The decision.")
    text: str | None = unchanged("New text, 1 to 10,000 characters.")
    owner: EntityRef | None = unchanged("New person accountable; null for none.")
    due_on: date | None = unchanged("New due day; null removes it.")
    state: DecisionState | None = unchanged("New state.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `decisionDelete`.")
class DecisionDeleteInput(Versioned):
    decision: EntityRef = given("The decision.")


@strawberry.type(description="Result of a mutation of a decision.")
class DecisionPayload(MutationPayload):
    decision: Decision | None = one(
        "node_id", "The decision after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class DecisionsMutation:
    """Mutations of decisions."""

    @strawberry.mutation(
        description="Keep what was decided: in a meeting that you may edit, about an objective or a key "
        "result on which you may check in, or about neither. Needs WRITE."
    )
    async def decision_create(self, info: Info, input: DecisionCreateInput) -> DecisionPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            values = created_values(input, okr_decision.Decision)
            return await decisions.add_decision(
                work,
                actor,
                about=measured_ref(input.about, "about") if input.about else None,
                meeting=values.pop("meeting"),
                **values,
            )

        payload: DecisionPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Change a decision. Its owner may, who may edit the objective that it is about, and who "
        "may edit its meeting. Needs WRITE."
    )
    async def decision_update(self, info: Info, input: DecisionUpdateInput) -> DecisionPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await decisions.edit_decision(
                work,
                actor,
                decision=required_ref(input, "decision", NodeType.DECISION),
                edits=edited_values(input, okr_decision.Decision),
                expected_version=input.expected_version,
            )

        payload: DecisionPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Delete a decision that you may edit. It stays in the feed and in exports; to give it "
        "up, set it to DROPPED instead. Needs WRITE."
    )
    async def decision_delete(self, info: Info, input: DecisionDeleteInput) -> DecisionPayload | None:
        payload: DecisionPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: decisions.delete_decision(
                work,
                actor,
                decision=required_ref(input, "decision", NodeType.DECISION),
                expected_version=input.expected_version,
            ),
        )
        return payload
