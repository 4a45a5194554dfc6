"""Mutations that record check-ins, one or up to 1,000, and retract them; helpers for metric readings."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.check_in_records import CheckInRecordFields, records_of
from okr_api.graphql.mutations.inputs import (
    ADDED_SINCE,
    EntityRef,
    Retryable,
    given,
    once_of,
    optional_ref,
    perhaps,
    required_ref,
)
from okr_api.graphql.mutations.payloads import (
    CheckInManyPayload,
    CheckInPayload,
    answered,
    done,
    performed,
)
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput, Refused
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.check_in_records import check_in_with_records
from okr_api.services.mutation_runner import ItemError, MutationResult
from okr_api.store.unit_of_work import Work

WHAT = "A check-in. Give at least one of `value`, `milestonesDone`, `confidence`, `status` and `note`."


@strawberry.input
class CheckInFields:
    """Fields of a check-in, shared by the single and the bulk input."""

    key_result: EntityRef | None = perhaps(
        "Key result that it is about. Give it or `objective`, unless it corrects another check-in."
    )
    objective: EntityRef | None = perhaps(
        "Objective that it is about, then without `value` and `milestonesDone`.", metadata=ADDED_SINCE
    )
    value: float | None = perhaps(
        "Measured value, in the key result's unit; 0 or 1 for BOOLEAN. Not for MILESTONES."
    )
    milestones_done: list[str] | None = perhaps(
        "Keys of all milestones done by now, including earlier ones; at most 100. Only for MILESTONES."
    )
    confidence: float | None = perhaps("Confidence that it will be reached, 0 to 1.")
    status: ReportedStatus | None = perhaps(
        "Status as you see it; it is shown instead of the calculated one until the next check-in is overdue."
    )
    note: str | None = perhaps("Free text, at most 4,000 characters.")
    effective_at: datetime | None = perhaps(
        "Instant that the reading is for, at most five minutes ahead; by default now, or for a "
        "correction that of the corrected check-in."
    )
    effective_on: date | None = perhaps(
        "Day of the reading, taken as 12:00 in the organisation's time zone (now, if today's "
        "noon is still to come); instead of `effectiveAt`."
    )
    supersedes: EntityRef | None = perhaps(
        "Check-in that this one corrects; it must be of the same key result or objective, and not corrected "
        "yet."
    )
    external_id: str | None = perhaps(
        "Id of the check-in in your own system, 1 to 200 characters; must be unique among check-ins."
    )


@strawberry.input(description=WHAT)
class CheckInItemInput(CheckInFields):
    pass


@strawberry.input(description=WHAT)
class CheckInRecordInput(CheckInRecordFields, CheckInFields, Retryable):
    pass


@strawberry.input(description="Input of `checkInRecordMany`.")
class CheckInRecordManyInput(Retryable):
    items: list[CheckInItemInput] = given("Check-ins, 1 to 1,000, applied in order.")
    atomic: bool = strawberry.field(
        default=True,
        description="true: one invalid item rejects all. false: valid items apply, the others get "
        "`results[i].errors`.",
    )


@strawberry.input(description="Input of `checkInRetract`.")
class CheckInRetractInput(Retryable):
    check_in: EntityRef = given("Check-in to retract.")
    reason: str = given(
        "Why; kept as `retractionReason` and in the feed. Must not be empty, at most 10,000 characters."
    )


def said(item: CheckInFields) -> CheckInRequest:
    """Return an item as a `CheckInRequest`; an invalid reference becomes its `problem`."""
    try:
        supersedes = optional_ref(item, "supersedes", NodeType.CHECK_IN)
        key_result = optional_ref(item, "key_result", NodeType.KEY_RESULT)
        objective = optional_ref(item, "objective", NodeType.OBJECTIVE)
        if key_result and objective:
            raise InvalidInput("Give keyResult or objective, not both", path=["objective"])
        if not (key_result or objective or supersedes):  # a correction is of the same node
            raise InvalidInput("keyResult or objective is needed", path=["keyResult"])
    except Refused as problem:
        return CheckInRequest(problem=problem)
    return CheckInRequest(
        key_result=key_result,
        objective=objective,
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
    """Return a retraction as a `CheckInRequest`; an invalid reference becomes its `problem`."""
    try:
        return CheckInRequest(
            supersedes=required_ref(input, "check_in", NodeType.CHECK_IN), retraction_reason=input.reason
        )
    except Refused as problem:
        return CheckInRequest(problem=problem)


def item_error_document(error: ItemError, *before: str) -> dict[str, Any]:
    """Return an item's error as a row of `UserError`, its path prefixed with `before`."""
    path = [*before, *error.path]
    return {
        "code": error.code,
        "message": error.message,
        "path": path,
        "current_version": None,
        "missing": [],
    }


async def recorded(
    info: Info, items: list[CheckInRequest], input: Retryable, *, atomic: bool = True
) -> MutationResult:
    """Record the items as one change, through the group commit."""
    context = info.context
    once = once_of(info.field_name, input)
    return await done(
        info,
        lambda: context.app_services.group_commit.check_in(context.actor, items, atomic=atomic, once=once),
    )


async def recorded_with_more(info: Info, input: CheckInRecordInput) -> MutationResult:
    """Record a check-in with what is added to its key result, in a transaction of its own."""

    async def do(work: Work, actor: Actor) -> MutationResult:
        return await check_in_with_records(work, actor, item=said(input), records=records_of(input))

    return await performed(info, Scope.CHECK_IN, input, do)


async def answered_as_one(info: Info, outcome: MutationResult) -> Any:
    """Return the payload of a mutation with one item; the item's error becomes the mutation's."""
    if outcome.notices:
        own = tuple(replace(notice, path=notice.path[2:]) for notice in outcome.notices)
        outcome = replace(outcome, notices=own)
    more = {"errors": list(map(item_error_document, outcome.item_errors))} if outcome.item_errors else {}
    return await answered(info, outcome, **more)


def bulk_documents(outcome: MutationResult, id_name: str, *, atomic: bool) -> dict[str, Any]:
    """Return the results of a bulk mutation, and its errors if one of an item rejects all."""
    errors: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for error in outcome.item_errors:
        errors[error.index].append(item_error_document(error))
    results = [
        {"index": index, id_name: id, "errors": errors.get(index, [])}
        for index, id in enumerate(outcome.ids.get("items", []))
    ]
    more: dict[str, Any] = {"results": results}
    if atomic and outcome.item_errors:
        more["errors"] = [
            item_error_document(error, "items", str(error.index)) for error in outcome.item_errors
        ]
    return more


@strawberry.type
class CheckInsMutation:
    @strawberry.mutation(
        description="Record a check-in on a key result, and recalculate it and every objective above it, "
        "perhaps with roadblocks, work and decisions of the key result; or on an objective, which reports on "
        "it beside its numbers. Needs CHECK_IN."
    )
    async def check_in_record(self, info: Info, input: CheckInRecordInput) -> CheckInPayload | None:
        if input.roadblocks or input.initiatives or input.decisions:
            outcome = await recorded_with_more(info, input)
        else:
            outcome = await recorded(info, [said(input)], input)
        payload: CheckInPayload = await answered_as_one(info, outcome)
        return payload

    @strawberry.mutation(
        description="Retract a check-in with a reason, so that it no longer counts; both stay in the "
        "history. Needs CHECK_IN."
    )
    async def check_in_retract(self, info: Info, input: CheckInRetractInput) -> CheckInPayload | None:
        outcome = await recorded(info, [taken_back(input)], input)
        payload: CheckInPayload = await answered_as_one(info, outcome)
        return payload

    @strawberry.mutation(description="Record up to 1,000 check-ins as one change. Needs CHECK_IN.")
    async def check_in_record_many(
        self, info: Info, input: CheckInRecordManyInput
    ) -> CheckInManyPayload | None:
        outcome = await recorded(info, [said(item) for item in input.items], input, atomic=input.atomic)
        more = bulk_documents(outcome, "check_in_id", atomic=input.atomic)
        payload: CheckInManyPayload = await answered(info, outcome, **more)
        return payload
