"""Mutations that check in."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.errors import REFUSALS, error_document
from okr_api.graphql.mutations.inputs import (
    Retryable,
    given,
    needed,
    once_of,
    perhaps,
    ref,
)
from okr_api.graphql.mutations.payloads import (
    CheckInManyPayload,
    CheckInPayload,
    answered,
    done,
)
from okr_api.okr.change import NodeType
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.errors import Refused
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.mutation_runner import ItemError, MutationResult

WHAT = "What was measured, how sure one is, how it looks, what there is to say: at least one of them."


@strawberry.input
class CheckInFields:
    """What a check-in says."""

    key_result_id: strawberry.ID | None = perhaps("The key result.")
    key_result_external_id: str | None = perhaps("The same by its external id.")
    value: float | None = perhaps("The measured value, in the key result's unit; 0 or 1 for yes/no.")
    milestones_done: list[str] | None = perhaps(
        "The keys of all milestones done by now, earlier ones included."
    )
    confidence: float | None = perhaps("The confidence that it will be reached, from 0 to 1.")
    status: ReportedStatus | None = perhaps("How it looks.")
    note: str | None = perhaps("What there is to say, at most 4,000 characters.")
    effective_at: datetime | None = perhaps("From when it holds; now by default, at most five minutes ahead.")
    effective_on: date | None = perhaps("Or from which day: its local noon.")
    supersedes_id: strawberry.ID | None = perhaps("The check-in that it corrects.")
    supersedes_external_id: str | None = perhaps("The same by its external id.")
    external_id: str | None = perhaps("The id that your systems know this check-in by.")


@strawberry.input(description=WHAT)
class CheckInItemInput(CheckInFields):
    """One of many."""


@strawberry.input(description=WHAT)
class CheckInRecordInput(CheckInFields, Retryable):
    """Input."""


@strawberry.input(description="Many check-ins as one change.")
class CheckInRecordManyInput(Retryable):
    """Input."""

    items: list[CheckInItemInput] = given("The check-ins, 1 to 1,000, applied in their order.")
    atomic: bool = strawberry.field(
        default=True,
        description="All or none; or else each that can be taken, with a line for each that cannot.",
    )


@strawberry.input(description="Takes a check-in back.")
class CheckInRetractInput(Retryable):
    """Input."""

    id: strawberry.ID | None = perhaps("Which one, by its id.")
    external_id: str | None = perhaps("Which one, by its external id instead.")
    reason: str = given("Why; it is kept.")


def said(item: CheckInFields) -> CheckInRequest:
    """An item as the cadence takes it; what is wrong with its references comes along as its problem."""
    try:
        supersedes = ref(item, "supersedes", NodeType.CHECK_IN)
        named = ref if supersedes else needed  # a correction is of the same key result
        key_result = named(item, "key_result", NodeType.KEY_RESULT)
    except Refused as problem:
        return CheckInRequest(problem=problem)
    return CheckInRequest(
        key_result=key_result,
        value=item.value,
        milestones_done=None if item.milestones_done is None else tuple(item.milestones_done),
        confidence=item.confidence,
        status=item.status,
        note=item.note,
        effective_at=item.effective_at,
        effective_on=item.effective_on,
        supersedes=supersedes,
        external_id=item.external_id,
    )


def taken_back(input: CheckInRetractInput) -> CheckInRequest:
    """A retraction as the cadence takes it."""
    try:
        return CheckInRequest(supersedes=needed(input, "", NodeType.CHECK_IN), retraction_reason=input.reason)
    except Refused as problem:
        return CheckInRequest(problem=problem)


def refusal_of(error: ItemError, *before: str | int) -> Refused:
    """The refusal of an item, its path seen from further out."""
    return REFUSALS[error.code](error.message, path=[*before, *error.path])


async def recorded(
    info: Info, items: list[CheckInRequest], input: Retryable, *, atomic: bool = True
) -> MutationResult:
    """Records the items as one change."""
    context = info.context
    once = once_of(info.field_name, input)
    return await done(
        info,
        lambda: context.app_services.group_commit.check_in(context.actor, items, atomic=atomic, once=once),
    )


async def answered_as_one(info: Info, item: CheckInRequest, input: Retryable) -> CheckInPayload:
    """Records one item; its refusal is the mutation's."""
    outcome = await recorded(info, [item], input)
    if outcome.item_errors:
        outcome = replace(outcome, errors=tuple(refusal_of(error) for error in outcome.item_errors))
    if outcome.notices:
        own = tuple(replace(notice, path=notice.path[2:]) for notice in outcome.notices)
        outcome = replace(outcome, notices=own)
    payload: CheckInPayload = await answered(info, outcome)
    return payload


@strawberry.type
class CheckInsMutation:
    """Mutations that check in."""

    @strawberry.mutation(description="Records a check-in and recounts all above it. Needs CHECK_IN.")
    async def check_in_record(self, info: Info, input: CheckInRecordInput) -> CheckInPayload | None:
        """Records."""
        return await answered_as_one(info, said(input), input)

    @strawberry.mutation(
        description="Takes a check-in back, with a reason; both stay in the history. Needs CHECK_IN."
    )
    async def check_in_retract(self, info: Info, input: CheckInRetractInput) -> CheckInPayload | None:
        """Takes back."""
        return await answered_as_one(info, taken_back(input), input)

    @strawberry.mutation(description="Records up to 1,000 check-ins as one change. Needs CHECK_IN.")
    async def check_in_record_many(
        self, info: Info, input: CheckInRecordManyInput
    ) -> CheckInManyPayload | None:
        """Records many."""
        outcome = await recorded(info, [said(item) for item in input.items], input, atomic=input.atomic)
        if input.atomic and outcome.item_errors:
            refusals = tuple(refusal_of(error, "items", error.index) for error in outcome.item_errors)
            outcome = replace(outcome, errors=refusals)
        errors: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for error in outcome.item_errors:
            errors[error.index].append(error_document(refusal_of(error)))
        results = [
            {"index": index, "check_in_id": id, "errors": errors.get(index, [])}
            for index, id in enumerate(outcome.ids.get("items", []))
        ]
        payload: CheckInManyPayload = await answered(info, outcome, results=results)
        return payload
