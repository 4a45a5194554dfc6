"""Mutations that record, edit and delete reviews of objectives, with their inputs and payload."""

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
from okr_api.graphql.review_enums import ReviewDecision, RootCause
from okr_api.graphql.types.review_record import ReviewRecord
from okr_api.okr import review_record as okr_review
from okr_api.okr.entity import NodeType
from okr_api.services import reviews
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `reviewRecord`.")
class ReviewRecordInput(Retryable):
    objective: EntityRef = given("The published objective, whose cycle is in review.")
    decision: ReviewDecision = given("What is decided about the objective.")
    decision_reason: str = given("Why, 1 to 10,000 characters, as CommonMark.")
    went_well: str | None = perhaps("What went well, as CommonMark, at most 10,000 characters.")
    did_not: str | None = perhaps("What did not, as CommonMark, at most 10,000 characters.")
    learned: str | None = perhaps(
        "What was learned, as CommonMark, at most 10,000 characters. It makes a lesson of this text, titled "
        "by its first line and with `carryForward`; `lessonCreate` adds others."
    )
    celebration: str | None = perhaps("What is celebrated, as CommonMark, at most 10,000 characters.")
    root_cause: RootCause | None = perhaps(
        "Why it fell short. Required of a COMMITTED objective with a final score below 1 and an ASPIRATIONAL "
        "one below 0.4."
    )
    external_id: str | None = perhaps(
        "Id of the review in your own system, 1 to 200 characters; must be unique among reviews."
    )


@strawberry.input(description="Input of `reviewRecordUpdate`. Omitted fields stay unchanged.")
class ReviewRecordUpdateInput(Versioned):
    review_record: EntityRef = given("The review.")
    decision: ReviewDecision | None = unchanged("New decision.")
    decision_reason: str | None = unchanged("New reason for it, 1 to 10,000 characters.")
    went_well: str | None = unchanged("What went well, at most 10,000 characters; null removes it.")
    did_not: str | None = unchanged("What did not, at most 10,000 characters; null removes it.")
    learned: str | None = unchanged(
        "What was learned, at most 10,000 characters; null removes it. The lesson that it has made follows, "
        "and is deleted with it, unless its text was edited since."
    )
    celebration: str | None = unchanged("What is celebrated, at most 10,000 characters; null removes it.")
    root_cause: RootCause | None = unchanged("New root cause; null removes one that is not required.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `reviewRecordDelete`.")
class ReviewRecordDeleteInput(Versioned):
    review_record: EntityRef = given("The review.")


@strawberry.type(description="Result of a mutation of a review.")
class ReviewRecordPayload(MutationPayload):
    review_record: ReviewRecord | None = one(
        "node_id", "The review after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class ReviewsMutation:
    """Mutations of reviews."""

    @strawberry.mutation(
        description="Record the review of an objective while its cycle is in review; each has at most one. "
        "Needs WRITE."
    )
    async def review_record(self, info: Info, input: ReviewRecordInput) -> ReviewRecordPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            values = created_values(input, okr_review.ReviewRecord)
            objective = required_ref(input, "objective", NodeType.OBJECTIVE)
            return await reviews.record_review(work, actor, **values | {"objective": objective})

        payload: ReviewRecordPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(description="Change a review while the cycle is in review. Needs WRITE.")
    async def review_record_update(
        self, info: Info, input: ReviewRecordUpdateInput
    ) -> ReviewRecordPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await reviews.edit_review(
                work,
                actor,
                review_record=required_ref(input, "review_record", NodeType.REVIEW_RECORD),
                edits=edited_values(input, okr_review.ReviewRecord),
                expected_version=input.expected_version,
            )

        payload: ReviewRecordPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Delete a review while the cycle is in review; another one can be recorded. Needs WRITE."
    )
    async def review_record_delete(
        self, info: Info, input: ReviewRecordDeleteInput
    ) -> ReviewRecordPayload | None:
        payload: ReviewRecordPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: reviews.delete_review(
                work,
                actor,
                review_record=required_ref(input, "review_record", NodeType.REVIEW_RECORD),
                expected_version=input.expected_version,
            ),
        )
        return payload
