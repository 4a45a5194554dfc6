"""Mutations that create, generate, update, activate, review, close and reopen cycles, with their inputs."""

from datetime import date

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    Retryable,
    Versioned,
    given,
    optional_ref,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import (
    CyclePayload,
    CyclesGeneratePayload,
    answer,
    answered,
    performed,
)
from okr_api.okr.cycle import Cycle
from okr_api.okr.entity import NodeType
from okr_api.services import cycle_generator, cycles
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `cycleCreate`.")
class CycleCreateInput(Retryable):
    name: str = given("Name, such as 2026-Q4; 1 to 500 characters.")
    starts_on: date = given("First day, in the organisation's time zone.")
    ends_on: date = given("Last day, inclusive; at most 18,300 days in all.")
    parent: EntityRef | None = perhaps("Longer cycle that contains this one, such as the year of a quarter.")
    external_id: str | None = perhaps(
        "Id of the cycle in your own system, 1 to 200 characters; must be unique among cycles."
    )


@strawberry.input(description="Input of `cyclesGenerate`.")
class CyclesGenerateInput(Retryable):
    year: int = given("Calendar year in which the fiscal year begins, 1900 to 2200.")
    fiscal_start_month: int = strawberry.field(
        default=1, description="Month with whose first day the year begins, 1 to 12."
    )
    name: str | None = perhaps(
        "Name of the year, 1 to 497 characters; the quarters append -Q1 to -Q4. Without it `2026`, or "
        "`2026/27` if the year ends in the next calendar year."
    )
    parent: EntityRef | None = perhaps("Longer cycle that contains the year.")
    external_id: str | None = perhaps(
        "Id of the year in your own system, 1 to 197 characters; the quarters append -q1 to -q4. Without it "
        "no cycle gets one. Each must be unique among cycles."
    )


@strawberry.input
class CycleRefInput(Versioned):
    """Base of the inputs that change an existing cycle."""

    cycle: EntityRef = given("The cycle.")


@strawberry.input(description="Input of `cycleUpdate`. Omitted fields stay unchanged.")
class CycleUpdateInput(CycleRefInput):
    name: str | None = unchanged("New name, 1 to 500 characters.")
    starts_on: date | None = unchanged(
        "New first day. Due days and nested cycles must stay within the cycle."
    )
    ends_on: date | None = unchanged(
        "New last day, inclusive. Due days and nested cycles must stay within the cycle."
    )
    parent: EntityRef | None = unchanged("New containing cycle; null for none.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `cycleActivate`.")
class CycleActivateInput(CycleRefInput):
    pass


@strawberry.input(description="Input of `cycleReview`.")
class CycleReviewInput(CycleRefInput):
    pass


@strawberry.input(description="Input of `cycleClose`.")
class CycleCloseInput(CycleRefInput):
    not_measured_reason: str | None = perhaps(
        "Why key results without a score were not measured. Required if there are any, at most "
        "10,000 characters."
    )


@strawberry.input(description="Input of `cycleReopen`.")
class CycleReopenInput(CycleRefInput):
    reason: str = given("Why; kept in the feed. Must not be empty, at most 10,000 characters.")


@strawberry.type
class CyclesMutation:
    @strawberry.mutation(description="Create a cycle, in state DRAFT. Needs WRITE.")
    async def cycle_create(self, info: Info, input: CycleCreateInput) -> CyclePayload | None:
        payload: CyclePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycles.plan_cycle(work, actor, **created_values(input, Cycle)),
        )
        return payload

    @strawberry.mutation(
        description="Create the cycles of a year, in state DRAFT: the year with its four quarters within it. "
        "Rejected with ALREADY_EXISTS if a cycle has the same days as one of them, and with CYCLES_OVERLAP "
        "if one lies partly within it and partly outside. Needs WRITE."
    )
    async def cycles_generate(self, info: Info, input: CyclesGenerateInput) -> CyclesGeneratePayload | None:
        outcome = await performed(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycle_generator.generate_cycles(
                work,
                actor,
                year=input.year,
                fiscal_start_month=input.fiscal_start_month,
                name=input.name,
                parent=optional_ref(input, "parent", NodeType.CYCLE),
                external_id=input.external_id,
            ),
        )
        cycle_ids = outcome.ids.get("cycles", [])
        payload: CyclesGeneratePayload = await answered(info, outcome, cycle_ids=cycle_ids)
        return payload

    @strawberry.mutation(
        description="Change a DRAFT or ACTIVE cycle and recalculate its objectives. Needs WRITE."
    )
    async def cycle_update(self, info: Info, input: CycleUpdateInput) -> CyclePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await cycles.edit_cycle(
                work,
                actor,
                cycle=required_ref(input, "cycle", NodeType.CYCLE),
                edits=edited_values(input, Cycle),
                expected_version=input.expected_version,
            )

        payload: CyclePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Set a cycle in DRAFT or REVIEW to ACTIVE, so that it accepts check-ins and edits. "
        "Needs WRITE."
    )
    async def cycle_activate(self, info: Info, input: CycleActivateInput) -> CyclePayload | None:
        payload: CyclePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycles.activate_cycle(
                work,
                actor,
                cycle=required_ref(input, "cycle", NodeType.CYCLE),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Set an ACTIVE cycle to REVIEW: edits are rejected, check-ins are accepted if effective "
        "within the cycle, and scores are shown, also before its end. Needs WRITE."
    )
    async def cycle_review(self, info: Info, input: CycleReviewInput) -> CyclePayload | None:
        payload: CyclePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycles.begin_review(
                work,
                actor,
                cycle=required_ref(input, "cycle", NodeType.CYCLE),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Set a cycle in REVIEW to CLOSED: its published objectives close with their scores, and "
        "everything becomes read-only. Nested cycles must be closed first. Needs WRITE."
    )
    async def cycle_close(self, info: Info, input: CycleCloseInput) -> CyclePayload | None:
        payload: CyclePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycles.close_cycle(
                work,
                actor,
                cycle=required_ref(input, "cycle", NodeType.CYCLE),
                not_measured_reason=input.not_measured_reason,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Set a CLOSED cycle back to REVIEW; its containing cycle must not be closed. Needs ADMIN."
    )
    async def cycle_reopen(self, info: Info, input: CycleReopenInput) -> CyclePayload | None:
        payload: CyclePayload = await answer(
            info,
            Scope.ADMIN,
            input,
            lambda work, actor: cycles.reopen_cycle(
                work,
                actor,
                cycle=required_ref(input, "cycle", NodeType.CYCLE),
                reason=input.reason,
                expected_version=input.expected_version,
            ),
        )
        return payload
