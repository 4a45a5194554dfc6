"""Mutations of cycles."""

from datetime import date

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
from okr_api.graphql.mutations.payloads import CyclePayload, answer
from okr_api.okr.change import NodeType
from okr_api.services import cycles
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Plans a cycle.")
class CycleCreateInput(Retryable):
    """Input."""

    name: str = given("The name, such as 2026-Q4.")
    starts_on: date = given("The first day, in the organisation's time zone.")
    ends_on: date = given("The last day, which still belongs to it.")
    parent_id: strawberry.ID | None = perhaps("The longer cycle that it lies within.")
    parent_external_id: str | None = perhaps("The same by its external id.")
    external_id: str | None = perhaps("The id that your systems know the cycle by.")


@strawberry.input(description="Changes a cycle that is a draft or active.")
class CycleUpdateInput(Naming):
    """Input."""

    name: str | None = unchanged("The new name.")
    starts_on: date | None = unchanged("The new first day.")
    ends_on: date | None = unchanged("The new last day.")
    parent_id: strawberry.ID | None = unchanged("The longer cycle that it now lies within; null for none.")
    parent_external_id: str | None = unchanged("The same by its external id.")
    new_external_id: str | None = unchanged("The new external id; null takes it away.")


@strawberry.input(description="Lets a cycle begin, or go on after a review begun too soon.")
class CycleActivateInput(Naming):
    """Input."""


@strawberry.input(description="Begins the review of a cycle.")
class CycleReviewInput(Naming):
    """Input."""


@strawberry.input(description="Closes a cycle.")
class CycleCloseInput(Naming):
    """Input."""

    not_measured_reason: str | None = perhaps(
        "Why key results without a score were not measured, if any were not."
    )


@strawberry.input(description="Reopens a closed cycle for review.")
class CycleReopenInput(Naming):
    """Input."""

    reason: str = given("Why; it is kept in the feed.")


@strawberry.type
class CyclesMutation:
    """Mutations of cycles."""

    @strawberry.mutation(description="Plans a cycle, as a draft. Needs WRITE.")
    async def cycle_create(self, info: Info, input: CycleCreateInput) -> CyclePayload | None:
        """Plans."""
        payload: CyclePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycles.plan_cycle(
                work,
                actor,
                name=input.name,
                starts_on=input.starts_on,
                ends_on=input.ends_on,
                parent=ref(input, "parent", NodeType.CYCLE),
                external_id=input.external_id,
            ),
        )
        return payload

    @strawberry.mutation(description="Changes a cycle; its objectives are recounted. Needs WRITE.")
    async def cycle_update(self, info: Info, input: CycleUpdateInput) -> CyclePayload | None:
        """Changes."""
        edits = edits_of(input, "name", "starts_on", "ends_on", new_external_id="external_id")

        async def do(work: Work, actor: Actor) -> MutationResult:
            demand(edits, "name", "starts_on", "ends_on")
            edited_ref(edits, input, "parent", NodeType.CYCLE)
            return await cycles.edit_cycle(
                work,
                actor,
                cycle=needed(input, "", NodeType.CYCLE),
                edits=edits,
                expected_version=input.expected_version,
            )

        payload: CyclePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(description="Lets a cycle begin: it takes check-ins. Needs WRITE.")
    async def cycle_activate(self, info: Info, input: CycleActivateInput) -> CyclePayload | None:
        """Activates."""
        payload: CyclePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycles.activate_cycle(
                work,
                actor,
                cycle=needed(input, "", NodeType.CYCLE),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Begins the review: no edits; check-ins effective inside the cycle. Needs WRITE."
    )
    async def cycle_review(self, info: Info, input: CycleReviewInput) -> CyclePayload | None:
        """Reviews."""
        payload: CyclePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycles.begin_review(
                work,
                actor,
                cycle=needed(input, "", NodeType.CYCLE),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Closes a cycle with its scores: nothing but reading is left. Needs WRITE."
    )
    async def cycle_close(self, info: Info, input: CycleCloseInput) -> CyclePayload | None:
        """Closes."""
        payload: CyclePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: cycles.close_cycle(
                work,
                actor,
                cycle=needed(input, "", NodeType.CYCLE),
                not_measured_reason=input.not_measured_reason,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(description="Reopens a closed cycle for review, with a reason. Needs ADMIN.")
    async def cycle_reopen(self, info: Info, input: CycleReopenInput) -> CyclePayload | None:
        """Reopens."""
        payload: CyclePayload = await answer(
            info,
            Scope.ADMIN,
            input,
            lambda work, actor: cycles.reopen_cycle(
                work,
                actor,
                cycle=needed(input, "", NodeType.CYCLE),
                reason=input.reason,
                expected_version=input.expected_version,
            ),
        )
        return payload
