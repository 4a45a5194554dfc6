"""Mutations of drafts of check-ins, and `checkInPublish`, which records one."""

from datetime import date, datetime
from typing import Any

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.check_ins import answered_as_one
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    MeasuredRef,
    Retryable,
    Versioned,
    edits_of,
    given,
    measured_ref,
    optional_ref,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import CheckInPayload, MutationPayload, answer, performed
from okr_api.graphql.types.check_in_draft import CheckInDraft
from okr_api.okr import check_in_draft as okr_check_in_draft
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.entity import NodeType
from okr_api.services import check_in_drafts
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work

SAID = ("value", "milestones_done", "confidence", "status", "note", "effective_at", "effective_on")


@strawberry.input(
    description="Input of `checkInDraftCreate`. Give at least one of `value`, `milestonesDone`, "
    "`confidence`, `status` and `note`."
)
class CheckInDraftCreateInput(Retryable):
    for_: MeasuredRef = given("Key result or objective that is to be checked in on.", name="for")
    assignee: EntityRef | None = perhaps(
        "Person who is to publish it, and may check in there. By default who owes the check-in: the "
        "`checkInOwner` or the owner of the key result, else the owner of the objective."
    )
    value: float | None = perhaps("Value, in the key result's unit; not for an objective.")
    milestones_done: list[str] | None = perhaps(
        "Keys of all milestones done, including earlier ones; at most 100. Only for MILESTONES."
    )
    confidence: float | None = perhaps("Confidence that it will be reached, 0 to 1.")
    status: ReportedStatus | None = perhaps("Status.")
    note: str | None = perhaps("Free text, at most 4,000 characters.")
    effective_at: datetime | None = perhaps(
        "Instant that the check-in is for, at most five minutes ahead; by default when it is published."
    )
    external_id: str | None = perhaps(
        "Id of the draft in your own system, 1 to 200 characters; must be unique among drafts."
    )


@strawberry.input(description="Input of `checkInDraftUpdate`. Omitted fields stay unchanged.")
class CheckInDraftUpdateInput(Versioned):
    check_in_draft: EntityRef = given("The draft.")
    assignee: EntityRef | None = unchanged(
        "New person who is to publish it, and may check in there; cannot be null."
    )
    value: float | None = unchanged("New value; null removes it.")
    milestones_done: list[str] | None = unchanged("New keys of all milestones done; null removes them.")
    confidence: float | None = unchanged("New confidence, 0 to 1; null removes it.")
    status: ReportedStatus | None = unchanged("New status; null removes it.")
    note: str | None = unchanged("New text, at most 4,000 characters; null removes it.")
    effective_at: datetime | None = unchanged(
        "New instant that the check-in is for; null for when it is published."
    )
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `checkInDraftDelete`.")
class CheckInDraftDeleteInput(Versioned):
    check_in_draft: EntityRef = given("The draft.")


@strawberry.input(
    description="Input of `checkInPublish`. What you give replaces what the draft says, null takes it away."
)
class CheckInPublishInput(Versioned):
    check_in_draft: EntityRef = given("The draft, which must be for you.")
    value: float | None = unchanged("Value instead of the draft's.")
    milestones_done: list[str] | None = unchanged("Keys of all milestones done instead of the draft's.")
    confidence: float | None = unchanged("Confidence instead of the draft's, 0 to 1.")
    status: ReportedStatus | None = unchanged("Status instead of the draft's.")
    note: str | None = unchanged("Text instead of the draft's, at most 4,000 characters.")
    effective_at: datetime | None = unchanged(
        "Instant that the check-in is for instead of the draft's; null for now."
    )
    effective_on: date | None = unchanged("Day that it is for, as in `checkInRecord`; instead of an instant.")
    external_id: str | None = perhaps(
        "Id of the check-in in your own system, 1 to 200 characters; must be unique among check-ins."
    )


@strawberry.type(description="Result of a mutation of a draft of a check-in.")
class CheckInDraftPayload(MutationPayload):
    check_in_draft: CheckInDraft | None = one(
        "node_id", "The draft after the change; null if rejected, and once it is deleted."
    )


def replaced(input: CheckInPublishInput) -> dict[str, Any]:
    """Return what the input says instead of the draft, as fields of a `CheckInRequest`."""
    said = edits_of(input, *SAID)
    if said.get("milestones_done") is not None:
        said["milestones_done"] = tuple(said["milestones_done"])
    return {**said, "external_id": input.external_id}


@strawberry.type
class CheckInDraftsMutation:
    """Mutations of drafts of check-ins."""

    @strawberry.mutation(
        description="Prepare a check-in for a person, who publishes it. You must be allowed to check in "
        "there; there can be one draft for each node and person. It changes no number. Needs CHECK_IN."
    )
    async def check_in_draft_create(
        self, info: Info, input: CheckInDraftCreateInput
    ) -> CheckInDraftPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            values = created_values(input, okr_check_in_draft.CheckInDraft)
            return await check_in_drafts.add_draft(
                work,
                actor,
                measured=measured_ref(input.for_, "for"),
                **{**values, "assignee": optional_ref(input, "assignee", NodeType.PERSON)},
            )

        payload: CheckInDraftPayload = await answer(info, Scope.CHECK_IN, input, do)
        return payload

    @strawberry.mutation(
        description="Edit a draft that you prepared or that is for you, or of which you may edit the "
        "objective. Needs CHECK_IN."
    )
    async def check_in_draft_update(
        self, info: Info, input: CheckInDraftUpdateInput
    ) -> CheckInDraftPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await check_in_drafts.edit_draft(
                work,
                actor,
                check_in_draft=required_ref(input, "check_in_draft", NodeType.CHECK_IN_DRAFT),
                edits=edited_values(input, okr_check_in_draft.CheckInDraft),
                expected_version=input.expected_version,
            )

        payload: CheckInDraftPayload = await answer(info, Scope.CHECK_IN, input, do)
        return payload

    @strawberry.mutation(
        description="Delete a draft that you prepared or that is for you, or of which you may edit the "
        "objective. Needs CHECK_IN."
    )
    async def check_in_draft_delete(
        self, info: Info, input: CheckInDraftDeleteInput
    ) -> CheckInDraftPayload | None:
        payload: CheckInDraftPayload = await answer(
            info,
            Scope.CHECK_IN,
            input,
            lambda work, actor: check_in_drafts.delete_draft(
                work,
                actor,
                check_in_draft=required_ref(input, "check_in_draft", NodeType.CHECK_IN_DRAFT),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Record the check-in that a draft for you prepares, as yours, and delete the draft, in "
        "one change. Needs CHECK_IN."
    )
    async def check_in_publish(self, info: Info, input: CheckInPublishInput) -> CheckInPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await check_in_drafts.publish_draft(
                work,
                actor,
                draft=required_ref(input, "check_in_draft", NodeType.CHECK_IN_DRAFT),
                says=replaced(input),
                expected_version=input.expected_version,
            )

        outcome = await performed(info, Scope.CHECK_IN, input, do)
        payload: CheckInPayload = await answered_as_one(info, outcome)
        return payload
