"""Payloads of webhooks: compile a selection as the subscription `changes`, and load its events.

A payload is what that subscription would send to the owner of the webhook.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, OperationDefinitionNode

from okr_api.graphql.context import Context
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.execution.json_writer import dump_answer
from okr_api.graphql.execution.operation_cache import NotCompilable
from okr_api.graphql.input_limits import price_of_inputs
from okr_api.graphql.query_cost import TooComplex
from okr_api.graphql.schema import OkrSchema
from okr_api.graphql.subscription_events import EventSelector, depends_on_viewer
from okr_api.graphql.subscription_executor import SubscriptionExecutor, SubscriptionRequest
from okr_api.graphql.subscription_sources import Change, EventSource
from okr_api.okr.errors import Busy, InvalidInput, Refused
from okr_api.okr.webhook import MAX_WEBHOOK_SELECTION_LENGTH

MAX_CHANGES_TRIED = 100  # the latest ones, of which a dry run takes the last that matches
MAX_WEBHOOK_PAYLOAD_BYTES = 1024 * 1024
ROOT_FIELD = "changes"
Filter = Mapping[str, Any]


class SelectionIsInvalid(Exception):
    """Raised for a webhook whose selection does not fit the schema any more."""


@dataclass(frozen=True, slots=True)
class WebhookEvents:
    """Source of a webhook's events with the request that loads their payloads, for one owner."""

    context: Context
    source: EventSource
    request: SubscriptionRequest

    async def of(
        self, changes: Sequence[Any], ready: Callable[[], Awaitable[object]]
    ) -> AsyncGenerator[tuple[int, bytes]]:
        """Yield `seq` and payload of each event among consecutive changes, after waiting for `ready`."""
        async for row in EventSelector(self.source).due(self.context, list(changes), ready):
            yield await self.payload(row)

    async def payload(self, row: Change) -> tuple[int, bytes]:
        """Return `seq` and payload of an event; one that is rejected or too large has an error and no data.

        Otherwise one change whose selection is rejected would keep all later ones waiting.

        Raises:
            Busy: it can be loaded later.
        """
        seq = row["seq"]
        try:
            payload: bytes = await self.request.answer(row, self.context)
        except Busy:
            raise
        except Refused as reason:
            return seq, await _rejected(seq, reason.message, reason.code())
        if len(payload) > MAX_WEBHOOK_PAYLOAD_BYTES:
            said = f"The payload has more than {MAX_WEBHOOK_PAYLOAD_BYTES} bytes; read the change by its seq"
            return seq, await _rejected(seq, said, ErrorCode.TOO_MANY)
        return seq, payload


async def _rejected(seq: int, message: str, code: str) -> bytes:
    error = {"message": message, "extensions": {"code": code}}
    return await dump_answer({"data": None, "errors": [error], "extensions": {"seq": seq}})


class PayloadCompiler:
    """Compiler of the selections of webhooks, with a cache."""

    def __init__(self, schema: OkrSchema) -> None:
        self.schema = schema
        self.subscriptions = SubscriptionExecutor(schema, on=True)

    async def check(self, context: Context, selection: str, filter: Filter | None) -> None:
        """Check a selection on `Change` and a filter, and charge for it as for a subscription.

        Raises:
            InvalidInput: the selection does not fit the schema, is more than one, or is too complex.
        """
        if len(selection) > MAX_WEBHOOK_SELECTION_LENGTH or "\0" in selection:
            said = f"selection has at most {MAX_WEBHOOK_SELECTION_LENGTH} characters, and no NUL"
            raise _wrong(said)
        text = document_of(selection)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _wrong("selection has lone surrogates") from None
        prepared = await self.schema.documents.prepare_aside(text, context.charge_more)
        if prepared.errors:
            raise _wrong(f"selection does not fit the schema: {prepared.errors[0].message}")
        assert prepared.document is not None
        if not _is_one_selection(prepared.document.definitions):
            raise _wrong("selection is one set of fields of Change in braces, such as { seq summary }")
        try:
            variables = {"filter": filter}
            price_of_inputs(variables)
            context.charge_more(self.subscriptions.asking(text, variables, None).cost)
        except (NotCompilable, TooComplex) as reason:
            raise _wrong(f"selection cannot be sent: {reason}") from None

    async def events(self, context: Context, selection: str, filter: Filter | None) -> WebhookEvents:
        """Return the events of a selection, for the actor of a context.

        Raises:
            SelectionIsInvalid: it does not fit the schema any more.
        """
        text = document_of(selection)
        prepared = await self.schema.documents.prepare_aside(text)
        try:
            if prepared.errors:
                raise SelectionIsInvalid(prepared.errors[0].message)
            asking = self.subscriptions.asking(text, {"filter": filter}, None)
            source, _ = await asking.followed(context)
        except (NotCompilable, TooComplex, InvalidInput) as reason:
            raise SelectionIsInvalid(str(reason)) from reason
        is_personal = depends_on_viewer(text)
        request = SubscriptionRequest(asking, source, context, is_personal=is_personal)
        return WebhookEvents(context, source, request)

    async def latest(self, context: Context, webhook: Mapping[str, Any]) -> tuple[int, bytes] | None:
        """Return `seq` and payload of the last of the latest changes that a webhook would send, or None."""
        try:
            events = await self.events(context, webhook["selection"], webhook["filter"])
        except SelectionIsInvalid as reason:
            raise InvalidInput(f"The selection does not fit the schema any more: {reason}") from None
        async with context.glance() as snapshot:
            oldest_seq = await snapshot.oldest_seq()
            head = snapshot.seq
        feed, organization_id = context.app_services.feed, context.actor.organization_id
        position, changes = max(head - MAX_CHANGES_TRIED, oldest_seq - 1), list[Any]()
        while position < head and (found := await feed.changes(organization_id, position)):
            changes += found
            position = found[-1]["seq"]
        visible = await events.source.visible(context, changes)
        for change in reversed(visible):
            row = events.source.of(change, quiet=False)
            if row is not None:
                return await events.payload(row)
        return None


def document_of(selection: str) -> str:
    """Return the text of the subscription that sends a selection; a comment at its end hides nothing."""
    return f"subscription ($filter: ChangeFilter) {{ {ROOT_FIELD}(filter: $filter) {selection}\n}}"


def _is_one_selection(definitions: Sequence[Any]) -> bool:
    """Return whether a document has one operation with one root field, with fields and no directives."""
    if len(definitions) != 1 or not isinstance(definitions[0], OperationDefinitionNode):
        return False
    fields = definitions[0].selection_set.selections
    if len(fields) != 1 or not isinstance(fields[0], FieldNode) or fields[0].directives:
        return False
    selected = fields[0].selection_set
    return selected is not None and bool(selected.selections)  # graphql-core takes empty braces


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, path=["selection"])
