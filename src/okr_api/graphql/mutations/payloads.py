"""Payloads: what became of a mutation, and how it is answered."""

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
from okr_api.graphql.types.people import Organization, Person, Team
from okr_api.okr.errors import NotFound
from okr_api.query_engine.global_ids import as_read
from okr_api.query_engine.written_rows import written_rows
from okr_api.services.background_mutations import StillUnderWay
from okr_api.services.cancellation import cancelled_meanwhile
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work

Do = Callable[[Work, Actor], Awaitable[MutationResult]]


@view_of()
@strawberry.type
class Payload:
    """What every mutation answers."""

    seq: Seq = column("seq", "The position of this change in the feed; the present one when it was refused.")
    deltas: list[ProgressDelta] = documents(
        lambda deltas: deltas,
        "deltas",
        description="Every stored number that moved, children before parents: update what you hold by these.",
    )
    replayed: bool = column("replayed", "Whether the key had been used: it was applied then, and not again.")
    errors: list[UserError] = documents(
        lambda errors: errors, "errors", description="Why it was refused; empty when it was applied."
    )
    notices: list[Notice] = documents(
        lambda notices: notices,
        "notices",
        description="What it did that may surprise, such as a part that does not count; empty when refused. "
        "A replay answers the same ones.",
    )


@strawberry.type(description="What became of a mutation of the organisation.")
class OrganizationPayload(Payload):
    """An organisation's payload."""

    organization: Organization | None = one("node_id", "The organisation; null when refused.")


@strawberry.type(description="What became of a mutation of a person.")
class PersonPayload(Payload):
    """A person's payload."""

    person: Person | None = one("node_id", "The person; null when refused.")


@strawberry.type(description="What became of a mutation of a team.")
class TeamPayload(Payload):
    """A team's payload."""

    team: Team | None = one("node_id", "The team; null when refused.")


@strawberry.type(description="What became of a mutation of a cycle.")
class CyclePayload(Payload):
    """A cycle's payload."""

    cycle: Cycle | None = one("node_id", "The cycle; null when refused.")


@strawberry.type(description="What became of a mutation of an objective.")
class ObjectivePayload(Payload):
    """An objective's payload."""

    objective: Objective | None = one("node_id", "The objective; null when refused.")


@strawberry.type(description="What became of a mutation of a key result.")
class KeyResultPayload(Payload):
    """A key result's payload."""

    key_result: KeyResult | None = one("node_id", "The key result; null when refused.")


@strawberry.type(description="What became of a check-in.")
class CheckInPayload(Payload):
    """A check-in's payload."""

    check_in: CheckIn | None = one("node_id", "The check-in; null when refused.")


@view_of()
@strawberry.type(description="What became of one item of many.")
class CheckInResult:
    """An item's result."""

    index: int = column("index", "Its place in `items`, from 0.")
    check_in: CheckIn | None = one("check_in_id", "The check-in; null when it was not taken.")
    errors: list[UserError] = documents(
        lambda errors: errors, "errors", description="Why it was not taken; the path begins in the item."
    )


@strawberry.type(description="What became of many check-ins.")
class CheckInManyPayload(Payload):
    """A bulk's payload."""

    results: list[CheckInResult] = documents(
        lambda results: [as_read(result) for result in results],
        "results",
        description="A result for each item, in the items' order.",
    )


async def done(info: AnyInfo, do: Callable[[], Awaitable[MutationResult]]) -> MutationResult:
    """What a mutation comes to, done once, whoever completes the answer; also a fault is met only once.

    Where the time was over before it was done, its outcome is remembered, and nothing more is.
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


async def answer(info: Info, scope: Scope, input: Retryable, do: Do) -> Any:
    """Applies the mutation once and answers with what its payload selects, read after the commit."""
    context = info.context
    actor = context.actor
    outcome = await done(
        info,
        lambda: context.app_services.mutation_runner.perform(
            actor, scope, once_of(info.field_name, input), lambda work: do(work, actor)
        ),
    )
    if hasattr(input, "new_external_id"):
        _tell_of_the_new_one(outcome)
    return await answered(info, outcome)


def _tell_of_the_new_one(outcome: MutationResult) -> None:
    """In an update `externalId` says which one: what is wrong with a new one is told of `newExternalId`."""
    for refusal in outcome.errors:
        if refusal.path == ("externalId",) and not isinstance(refusal, NotFound):
            refusal.path = ("newExternalId",)


async def answered(info: AnyInfo, outcome: MutationResult, **more: Any) -> Any:
    """Answers with what the payload selects of an outcome."""
    known = written_rows(outcome.rows, sees_drafts=info.context.actor.sees_drafts)
    return await load_payload(info, {**row_of(outcome), **more}, known)


def row_of(outcome: MutationResult) -> dict[str, Any]:
    """An outcome as a payload reads it."""
    return {
        "seq": outcome.seq,
        "node_id": outcome.ids.get("node"),
        "deltas": outcome.deltas,
        "replayed": outcome.replayed,
        "errors": [error_document(refusal) for refusal in outcome.errors],
        "notices": [notice_document(notice) for notice in outcome.notices],
    }
