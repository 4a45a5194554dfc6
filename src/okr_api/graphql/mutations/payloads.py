"""Mutation payloads: the interface and most types; run a mutation once per operation and load its payload."""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.consistent_reads import load_payload
from okr_api.graphql.context import AnyInfo, Info, response_key
from okr_api.graphql.errors import UserError, error_document
from okr_api.graphql.fields import (
    column,
    documents,
    listed,
    one,
    view_of,
)
from okr_api.graphql.mutations.inputs import Retryable, once_of
from okr_api.graphql.notices import Notice, notice_document
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.change import ProgressDelta
from okr_api.graphql.types.check_in import CheckIn
from okr_api.graphql.types.cycle import Cycle
from okr_api.graphql.types.key_result import KeyResult
from okr_api.graphql.types.objective import Objective
from okr_api.graphql.types.people import Organization, Person
from okr_api.services.background_mutations import StillUnderWay
from okr_api.services.cancellation import cancelled_meanwhile
from okr_api.services.dry_runs import DryRunner
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.saved_rows import as_read, written_rows
from okr_api.store.unit_of_work import Work

Do = Callable[[Work, Actor], Awaitable[MutationResult]]


@view_of()
@strawberry.interface(description="What every mutation returns.")
class MutationPayload:
    seq: Seq = column(
        "seq",
        "Feed position of this change. The current end of the feed if rejected, and for what is no "
        "change: mutations of tokens and webhooks, `notificationsRead`, `pulseAnswer`, and edits to what is "
        "stored already.",
    )
    deltas: list[ProgressDelta] = documents(
        lambda deltas: deltas,
        "deltas",
        description="Every stored number that moved, children before parents; update your cached values "
        "from these.",
    )
    replayed: bool = column(
        "replayed",
        "True if this repeats the result of an earlier call with the same key; nothing was applied now.",
    )
    errors: list[UserError] = documents(
        lambda errors: errors, "errors", description="Why the mutation was rejected; empty if it was applied."
    )
    notices: list[Notice] = documents(
        lambda notices: notices,
        "notices",
        description="Effects that may be unexpected, such as a part that does not count; empty if rejected. "
        "A replay returns the same ones.",
    )


@strawberry.type(description="Result of a mutation of the organisation.")
class OrganizationPayload(MutationPayload):
    organization: Organization | None = one("node_id", "The organisation after the change; null if rejected.")


@strawberry.type(description="Result of a mutation of a person.")
class PersonPayload(MutationPayload):
    person: Person | None = one("node_id", "The person after the change; null if rejected.")


@strawberry.type(description="Result of a mutation of a cycle.")
class CyclePayload(MutationPayload):
    cycle: Cycle | None = one("node_id", "The cycle after the change; null if rejected.")


@strawberry.type(description="Result of generating the cycles of a year.")
class CyclesGeneratePayload(MutationPayload):
    cycle: Cycle | None = one("node_id", "The year; null if rejected.")
    cycles: list[Cycle] = listed(
        "cycle_ids", "All five cycles: the year, then its quarters in order; empty if rejected."
    )


@strawberry.type(description="Result of a mutation of an objective.")
class ObjectivePayload(MutationPayload):
    objective: Objective | None = one("node_id", "The objective after the change; null if rejected.")


@strawberry.type(description="Result of a mutation of a key result.")
class KeyResultPayload(MutationPayload):
    key_result: KeyResult | None = one("node_id", "The key result after the change; null if rejected.")


@strawberry.type(description="Result of recording or retracting one check-in.")
class CheckInPayload(MutationPayload):
    check_in: CheckIn | None = one(
        "node_id", "The new check-in (for a retraction, the one that retracts); null if rejected."
    )


@view_of()
@strawberry.type(description="Result of one item of `checkInRecordMany`.")
class CheckInResult:
    index: int = column("index", "Index of the item in `items`, from 0.")
    check_in: CheckIn | None = one(
        "check_in_id", "The recorded check-in; null if nothing was recorded for the item."
    )
    errors: list[UserError] = documents(
        lambda errors: errors,
        "errors",
        description="Why the item was rejected; each `path` is relative to the item. Empty if it has no "
        "error of its own.",
    )


@strawberry.type(description="Result of recording many check-ins.")
class CheckInManyPayload(MutationPayload):
    results: list[CheckInResult] = documents(
        lambda results: [as_read(result) for result in results],
        "results",
        description="One result for each item, in the order of `items`.",
    )


async def done(info: AnyInfo, do: Callable[[], Awaitable[MutationResult]]) -> MutationResult:
    """Run the mutation once per operation and memoise its result or exception.

    If the time limit ends first, the mutation's result is still memoised, and the operation is cancelled.
    """
    known, key = info.context.operation_state.done, response_key(info)
    if key not in known:
        try:
            known[key] = await do()
        except StillUnderWay as fault:
            known[key] = fault
            raise CancelledError from None
        except Exception as fault:
            known[key] = fault
            raise
        if cancelled_meanwhile():
            raise CancelledError
    outcome: MutationResult | Exception = known[key]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def performed(
    info: Info, scope: Scope, input: Retryable, do: Do, *, is_dry: bool = False
) -> MutationResult:
    """Run the mutation once and return its result; with `is_dry`, return it without saving anything."""
    context = info.context
    actor, runner = context.actor, context.app_services.mutation_runner
    if is_dry:
        runner = DryRunner(runner.database, runner.notifier)
    once = once_of(info.field_name, input)
    return await done(info, lambda: runner.perform(actor, scope, once, lambda work: do(work, actor)))


async def answer(info: Info, scope: Scope, input: Retryable, do: Do) -> Any:
    """Run the mutation once and return what its payload selects, read after the commit."""
    return await answered(info, await performed(info, scope, input, do))


async def answered(info: AnyInfo, outcome: MutationResult, **more: Any) -> Any:
    """Return what the payload selects of a mutation's result."""
    known = written_rows(outcome.rows, info.context.actor.visibility)
    return await load_payload(info, {**row_of(outcome), **more}, known)


def row_of(outcome: MutationResult) -> dict[str, Any]:
    """Return a mutation's result as the row that its payload is read from."""
    return {
        "seq": outcome.seq,
        "node_id": outcome.ids.get("node"),
        "deltas": outcome.deltas,
        "replayed": outcome.replayed,
        "errors": [error_document(refusal) for refusal in outcome.errors],
        "notices": [notice_document(notice) for notice in outcome.notices],
    }
