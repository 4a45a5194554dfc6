"""Mutations of webhooks, with their payloads; secrets are shown once. None is in the feed."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types.unset import UnsetType

from okr_api.auth.actor import Scope
from okr_api.graphql.change_conditions import change_conditions
from okr_api.graphql.context import Info
from okr_api.graphql.fields import column, one
from okr_api.graphql.filters import ChangeFilter
from okr_api.graphql.mutations.inputs import Retryable, demand, edits_of, once_of
from okr_api.graphql.mutations.payloads import MutationPayload, answered, done
from okr_api.graphql.mutations.webhook_inputs import (
    WebhookCreateInput,
    WebhookDeleteInput,
    WebhookEnableInput,
    WebhookReplayInput,
    WebhookRotateSecretInput,
    WebhookUpdateInput,
)
from okr_api.graphql.types.webhook import Webhook
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.global_ids import decode_id, decode_webhook_id
from okr_api.query_engine.sql_filters import given_fields
from okr_api.services import webhooks
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.webhook_records import load_webhook
from okr_api.store.unit_of_work import Work


@strawberry.type(description="Result of a mutation of a webhook.")
class WebhookPayload(MutationPayload):
    webhook: Webhook | None = one(
        "webhook_id", "The webhook after the mutation; null if rejected, and once it is deleted."
    )


@strawberry.type(description="Result of a mutation that makes a secret of a webhook.")
class WebhookSecretPayload(MutationPayload):
    webhook: Webhook | None = one("webhook_id", "The webhook; null if rejected.")
    secret: str | None = column(
        "secret",
        "Secret to verify signatures with, in the form `whsec_…` of Standard Webhooks. Shown only here. Null "
        "if rejected, and if `replayed`: then call `webhookRotateSecret`.",
    )


async def _answer(
    info: Info,
    input: Retryable,
    do: Callable[[Work], Awaitable[MutationResult]],
    check: Callable[[], Awaitable[None]] | None = None,
) -> Any:
    """Run a mutation of webhooks, after a check that needs no lock, and return what its payload selects."""
    actor, runner = info.context.actor, info.context.app_services.mutation_runner

    async def perform() -> MutationResult:
        if check is not None and actor.may(Scope.ADMIN):
            try:
                await check()
            except InvalidInput as refusal:
                return await runner.refused(actor, refusal)
        return await runner.perform(actor, Scope.ADMIN, once_of(info.field_name, input), do)

    outcome = await done(info, perform)
    return await answered(info, outcome, webhook_id=outcome.ids.get(webhooks.KIND), secret=outcome.secret)


async def _check(info: Info, url: Any, selection: Any, filter: Any) -> None:
    """Check what is given of a webhook.

    Raises:
        InvalidInput: the URL, the selection or the filter cannot be used.
    """
    services = info.context.app_services
    assert services.webhook_payloads is not None
    if isinstance(url, str):
        services.webhook_addresses.check_url(url)
    if not isinstance(filter, UnsetType):
        _stored_filter(filter)
    if isinstance(selection, str):
        await services.webhook_payloads.check(info.context, selection, None)


async def _check_stored(info: Info, id: UUID | None) -> None:
    """Check the stored selection and filter of a webhook, if there is one.

    Raises:
        InvalidInput: they do not fit the schema any more.
    """
    services, organization_id = info.context.app_services, info.context.actor.organization_id
    if id is None:
        return
    async with services.database.of(organization_id) as connection:
        webhook = await load_webhook(connection, organization_id, id)
    assert services.webhook_payloads is not None
    if webhook is None or webhook.actor is None:
        return
    try:
        await services.webhook_payloads.check(info.context, webhook.row["selection"], webhook.row["filter"])
    except InvalidInput as refusal:
        raise InvalidInput(f"Its {refusal.message}; change it by webhookUpdate", path=["id"]) from None


def _stored_filter(filter: ChangeFilter | None) -> dict[str, Any] | None:
    """Return a filter as the variable of a subscription; None without conditions.

    Raises:
        InvalidInput: it has a null, or names a node by what is no id.
    """
    change_conditions(filter)
    values = dict(given_fields(filter)) if filter else {}
    if "node_id" in values and decode_id(values["node_id"]) is None:
        raise InvalidInput("nodeId is not the id of a node", path=["filter", "nodeId"])
    names = {"kinds": "kinds", "node_types": "nodeTypes", "node_id": "nodeId", "is_direct": "isDirect"}
    found = {
        names[name]: list(dict.fromkeys(map(str, value))) if isinstance(value, list) else value
        for name, value in values.items()
    }
    return found or None


@strawberry.type
class WebhooksMutation:
    """Mutations of webhooks."""

    @strawberry.mutation(
        description="Create a webhook of yours: each change is sent to a URL by POST, signed as Standard "
        "Webhooks has it, in order and at least once, as you see it then. An organisation has at most 20. It "
        "does not appear in the feed. Needs ADMIN."
    )
    async def webhook_create(self, info: Info, input: WebhookCreateInput) -> WebhookSecretPayload | None:
        actor = info.context.actor

        async def do(work: Work) -> MutationResult:
            return await webhooks.create_webhook(
                work,
                actor,
                url=input.url,
                selection=input.selection,
                filter=_stored_filter(input.filter),
                after=input.after,
                is_enabled=input.is_enabled,
            )

        payload: WebhookSecretPayload = await _answer(
            info, input, do, lambda: _check(info, input.url, input.selection, input.filter)
        )
        return payload

    @strawberry.mutation(
        description="Change the URL, the selection or the filter of a webhook; its owner, its secret and its "
        "position stay. It does not appear in the feed. Needs ADMIN."
    )
    async def webhook_update(self, info: Info, input: WebhookUpdateInput) -> WebhookPayload | None:
        async def do(work: Work) -> MutationResult:
            edits = edits_of(input, "url", "selection", "filter")
            if "filter" in edits:
                edits["filter"] = _stored_filter(edits["filter"])
            demand(edits, "url", "selection")
            id, version = decode_webhook_id(input.id), input.expected_version
            return await webhooks.edit_webhook(work, id, edits=edits, expected_version=version)

        payload: WebhookPayload = await _answer(
            info, input, do, lambda: _check(info, input.url, input.selection, input.filter)
        )
        return payload

    @strawberry.mutation(
        description="Delete a webhook with its secret and its attempts. It does not appear in the feed. "
        "Needs ADMIN."
    )
    async def webhook_delete(self, info: Info, input: WebhookDeleteInput) -> WebhookPayload | None:
        payload: WebhookPayload = await _answer(
            info, input, lambda work: webhooks.delete_webhook(work, decode_webhook_id(input.id))
        )
        return payload

    @strawberry.mutation(
        description="Replace the secret of a webhook. For 24 hours both sign, the new one and the one before "
        "it; of several rotations in that time the last two. It does not appear in the feed. Needs ADMIN."
    )
    async def webhook_rotate_secret(
        self, info: Info, input: WebhookRotateSecretInput
    ) -> WebhookSecretPayload | None:
        payload: WebhookSecretPayload = await _answer(
            info, input, lambda work: webhooks.rotate_secret(work, decode_webhook_id(input.id))
        )
        return payload

    @strawberry.mutation(
        description="Let a webhook begin again after a position, at once also if it waits after a failure. "
        "One that is disabled stays so. It does not appear in the feed. Needs ADMIN."
    )
    async def webhook_replay(self, info: Info, input: WebhookReplayInput) -> WebhookPayload | None:
        payload: WebhookPayload = await _answer(
            info,
            input,
            lambda work: webhooks.replay_webhook(work, decode_webhook_id(input.id), after=input.after),
        )
        return payload

    @strawberry.mutation(
        description="Enable a webhook that is disabled; it goes on after its position. One that waits after "
        "a failure is attempted at once. Rejected while nothing can be delivered: if its owner has left, the "
        "feed does not keep what follows its position, or its selection does not fit the schema. It does not "
        "appear in the feed. Needs ADMIN."
    )
    async def webhook_enable(self, info: Info, input: WebhookEnableInput) -> WebhookPayload | None:
        id = decode_webhook_id(input.id)
        payload: WebhookPayload = await _answer(
            info,
            input,
            lambda work: webhooks.enable_webhook(work, id),
            lambda: _check_stored(info, id),
        )
        return payload
