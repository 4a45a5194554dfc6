"""Query fields of webhooks, for admins: one, a page of them, and a dry run that sends nothing."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from okr_api.auth.actor import Scope
from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Context, Info
from okr_api.graphql.queries.lookups import page_of
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.webhook import Webhook, WebhookDryRun
from okr_api.query_engine.field_sources import Ordering
from okr_api.query_engine.global_ids import decode_webhook_id
from okr_api.services.webhook_records import load_webhook
from okr_api.services.webhook_signatures import signed_headers

WebhookId = Annotated[strawberry.ID, strawberry.argument(description="Id of the webhook.")]


@strawberry.type
class WebhooksQuery:
    """Query root fields of webhooks."""

    @strawberry.field(description="The webhook with this id; null if there is none. Needs ADMIN.")
    async def webhook(self, info: Info, id: WebhookId) -> Webhook | None:
        info.context.actor.must(Scope.ADMIN)
        reader = await reader_for(info)
        webhook: Webhook | None = await reader.by_key("Webhook", decode_webhook_id(id))
        return webhook

    @strawberry.field(
        description="All webhooks of the organisation, oldest first; there are at most 20. Needs ADMIN."
    )
    async def webhooks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Webhook] | None:
        info.context.actor.must(Scope.ADMIN)
        page: Connection[Webhook] = await page_of(
            info, "WebhookConnection", Ordering(), None, first=first, after=after, last=last, before=before
        )
        return page

    @strawberry.field(
        description="The request by which a webhook would deliver the last of the latest 100 changes that it "
        "sends, as its owner sees it; nothing is sent. Null if there is no such change, no such webhook, or "
        "its owner has left. Needs ADMIN."
    )
    async def webhook_dry_run(self, info: Info, id: WebhookId) -> WebhookDryRun | None:
        context = info.context
        context.actor.must(Scope.ADMIN)
        reader = await reader_for(info)
        webhook_id, services = decode_webhook_id(id), context.app_services
        if webhook_id is None:
            return None
        async with services.database.of(context.actor.organization_id) as connection:
            webhook = await load_webhook(connection, context.actor.organization_id, webhook_id)
        if webhook is None or webhook.actor is None:
            return None
        assert services.webhook_payloads is not None
        own = Context(services, None, webhook.actor, context.operation_state)
        found = await services.webhook_payloads.latest(own, webhook.row)
        if found is None:
            return None
        (seq, payload), now = found, datetime.now(UTC)
        headers = signed_headers(webhook_id, seq, payload, at=now, secrets=webhook.secrets(now))
        told: WebhookDryRun = await reader.given(
            "WebhookDryRun",
            {
                "seq": seq,
                "url": webhook.row["url"],
                "headers": [{"name": name, "value": value} for name, value in headers.items()],
                "payload": payload.decode(),
            },
        )
        return told
