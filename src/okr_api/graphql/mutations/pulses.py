"""Mutations of pulses, with their inputs and payload; an answer is kept under no idempotency key."""

from typing import Any

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
from okr_api.graphql.mutations.payloads import MutationPayload, answer, answered, done
from okr_api.graphql.types.pulse import Pulse
from okr_api.okr import pulse as okr_pulse
from okr_api.okr.entity import NodeType
from okr_api.services import pulses
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work

QUESTIONS = "1 to 5, each 1 to 500 characters, and each once"


@strawberry.input(description="Input of `pulseCreate`.")
class PulseCreateInput(Retryable):
    cycle: EntityRef = given("Cycle that it is about, which is not closed and has no pulse.")
    questions: list[str] = given(f"What is asked, to be answered by a score from 1 to 5; {QUESTIONS}.")
    external_id: str | None = perhaps(
        "Id of the pulse in your own system, 1 to 200 characters; must be unique among pulses."
    )


@strawberry.input(description="Input of `pulseUpdate`. Omitted fields stay unchanged.")
class PulseUpdateInput(Versioned):
    pulse: EntityRef = given("The pulse.")
    questions: list[str] | None = unchanged(f"New questions, while it is a draft; {QUESTIONS}.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `pulseOpen`.")
class PulseOpenInput(Versioned):
    pulse: EntityRef = given("The pulse, a draft.")


@strawberry.input(description="Input of `pulseClose`.")
class PulseCloseInput(Versioned):
    pulse: EntityRef = given("The pulse, which is open.")


@strawberry.input(description="Input of `pulseDelete`.")
class PulseDeleteInput(Versioned):
    pulse: EntityRef = given("The pulse.")


@strawberry.input(
    description="Input of `pulseAnswer`. There is no `idempotencyKey`, as its record would keep the answers: "
    "after a lost response call it again, and ALREADY_ANSWERED says that they were counted."
)
class PulseAnswerInput:
    pulse: EntityRef = given("The pulse, which is open.")
    answers: list[int] = given("A score from 1 to 5 for each question, in their order.")


@strawberry.type(description="Result of a mutation of a pulse.")
class PulsePayload(MutationPayload):
    pulse: Pulse | None = one(
        "node_id", "The pulse after the mutation; null if rejected, and once it is deleted."
    )


@strawberry.type
class PulsesMutation:
    """Mutations of pulses."""

    @strawberry.mutation(description="Draft the pulse of a cycle; each has at most one. Needs WRITE.")
    async def pulse_create(self, info: Info, input: PulseCreateInput) -> PulsePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            values = created_values(input, okr_pulse.Pulse)
            cycle = required_ref(input, "cycle", NodeType.CYCLE)
            return await pulses.add_pulse(work, actor, **values | {"cycle": cycle})

        payload: PulsePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(description="Change a pulse; its questions only while it is a draft. Needs WRITE.")
    async def pulse_update(self, info: Info, input: PulseUpdateInput) -> PulsePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            edits = edited_values(input, okr_pulse.Pulse)
            return await pulses.edit_pulse(work, actor, edits=edits, **_which(input))

        payload: PulsePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(description="Open a pulse, so that people answer it. Needs WRITE.")
    async def pulse_open(self, info: Info, input: PulseOpenInput) -> PulsePayload | None:
        payload: PulsePayload = await answer(
            info, Scope.WRITE, input, lambda work, actor: pulses.open_pulse(work, actor, **_which(input))
        )
        return payload

    @strawberry.mutation(
        description="Close a pulse for good. Its results are there from then on if at least five people "
        "answered; otherwise the answers are discarded. Who answered is forgotten. Needs WRITE."
    )
    async def pulse_close(self, info: Info, input: PulseCloseInput) -> PulsePayload | None:
        payload: PulsePayload = await answer(
            info, Scope.WRITE, input, lambda work, actor: pulses.close_pulse(work, actor, **_which(input))
        )
        return payload

    @strawberry.mutation(
        description="Delete a pulse, with all answers if it is open; another one can be created. Needs WRITE."
    )
    async def pulse_delete(self, info: Info, input: PulseDeleteInput) -> PulsePayload | None:
        payload: PulsePayload = await answer(
            info, Scope.WRITE, input, lambda work, actor: pulses.delete_pulse(work, actor, **_which(input))
        )
        return payload

    @strawberry.mutation(
        description="Answer an open pulse, once and for good: an answer cannot be changed, as nothing says "
        "which one is yours. It does not appear in the feed. A service has no answer (PEOPLE_ONLY). Needs "
        "CHECK_IN."
    )
    async def pulse_answer(self, info: Info, input: PulseAnswerInput) -> PulsePayload | None:
        actor, runner = info.context.actor, info.context.app_services.mutation_runner

        async def do(work: Work) -> MutationResult:
            pulse = required_ref(input, "pulse", NodeType.PULSE)
            return await pulses.answer_pulse(work, actor, pulse=pulse, answers=input.answers)

        outcome = await done(info, lambda: runner.perform(actor, Scope.CHECK_IN, None, do))
        payload: PulsePayload = await answered(info, outcome)
        return payload


def _which(input: Any) -> dict[str, Any]:
    """Return which pulse an input names, and in which version."""
    pulse = required_ref(input, "pulse", NodeType.PULSE)
    return {"pulse": pulse, "expected_version": input.expected_version}
