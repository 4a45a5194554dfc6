"""GraphQL types of webhooks, their filter and attempts, and of what a dry run shows; without secrets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from okr_api.graphql.enums import describe
from okr_api.graphql.fields import column, declared, documents, many, one, version, view_of
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.people import Person
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.webhook import AttemptOutcome, WebhookDisabledReason, WebhookState
from okr_api.query_engine.field_sources import GlobalId, Ordering
from okr_api.query_engine.global_ids import WEBHOOK_ID_START

describe(
    WebhookState,
    "Whether changes are delivered to a webhook.",
    ACTIVE="They are, in order; while attempts fail they wait.",
    DISABLED="They are not, until `webhookEnable`.",
)
describe(
    WebhookDisabledReason,
    "Why a webhook is disabled.",
    NOT_YET_ENABLED="It was created with `isEnabled: false`.",
    FAILING="At least 20 attempts in a row failed, over at least three days.",
    RECEIVER_IS_GONE="The receiver answered with the status 410.",
    OWNER_HAS_LEFT="The person was removed, or the token of the service was revoked or has expired.",
    POSITION_IS_LOST="The feed does not have what follows its position any more; choose another one by "
    "`webhookReplay`.",
    SELECTION_IS_INVALID="The selection or the filter does not fit the schema any more; change it by "
    "`webhookUpdate`.",
)
describe(
    AttemptOutcome,
    "What came of an attempt to deliver a change.",
    DELIVERED="The receiver answered with a status from 200 to 299.",
    REJECTED="The receiver answered with another status; a redirect is not followed.",
    TIMED_OUT="The receiver did not answer within 10 seconds.",
    UNREACHABLE="The name of the host was not found, no connection could be made, or it was lost.",
    ADDRESS_NOT_ALLOWED="The host has an address that is not public, and the operator has not allowed its "
    "network; no connection was made.",
)


@view_of()
@strawberry.type(description="Filter of a webhook; all conditions are ANDed, null is none.")
class WebhookFilter:
    kinds: list[ChangeKind] | None = column("kinds", "The kind is one of these.")
    node_types: list[NodeType] | None = column("nodeTypes", "The changed entity is of one of these types.")
    node_id: strawberry.ID | None = column(
        "nodeId", "The change is of this entity or moved its numbers, as in `ChangeFilter`."
    )
    is_direct: bool | None = column(
        "isDirect", "Whether the change is of the entity itself; if false, it only moved its numbers."
    )


@view_of("webhook_attempt")
@strawberry.type(description="An attempt to deliver a change to a webhook.")
class WebhookAttempt:
    seq: Seq = column("seq", "Position of the change.")
    at: datetime = column("attempted_at", "When the attempt began.")
    outcome: AttemptOutcome = column("outcome", "What came of it.")
    status_code: int | None = column("status_code", "HTTP status of the response; null if there was none.")
    duration_ms: int = column("duration_ms", "How long it took, in milliseconds.")
    payload_bytes: int = column("payload_bytes", "Size of the payload, in bytes.")


def filter_document(filter: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return a stored filter as a row of its type; None without conditions."""
    names = ("kinds", "nodeTypes", "nodeId", "isDirect")
    return {name: filter.get(name) for name in names} if filter else None


@view_of("webhook")
@strawberry.type(
    description="Where changes are delivered to by HTTP, in order and each at least once: what the "
    "subscription `changes` would send to the owner with the same selection and filter, as far as the owner "
    "sees it then. Only admins see webhooks."
)
class Webhook:
    id: strawberry.ID = declared(
        "Id to pass to the mutations of webhooks; `node(id:)` does not know it.",
        GlobalId(WEBHOOK_ID_START, "id"),
    )
    url: str = column("url", "URL that each payload is sent to by POST.")
    selection: str = column("selection", "Fields of `Change` that are sent, in braces.")
    filter: WebhookFilter | None = documents(
        filter_document, "filter", description="Which changes are sent; null for all."
    )
    owner: Person | None = one(
        "person_id", "Person whose rights decide what is sent; null for the webhook of a service."
    )
    owner_name: str = column(
        "owner_name", "Name of the person or service that created it, when it was created."
    )
    state: WebhookState = column("state", "Whether changes are delivered.")
    disabled_reason: WebhookDisabledReason | None = column(
        "disabled_reason", "Why it is disabled; null while it is ACTIVE."
    )
    disabled_at: datetime | None = column("disabled_at", "When it was disabled; null while it is ACTIVE.")
    position: Seq = column("position", "Feed position up to which everything was delivered.")
    failures: int = column("failures", "Number of failed attempts since the last one that succeeded.")
    failing_since: datetime | None = column(
        "failing_since", "When the first of these attempts began; null without failures."
    )
    next_attempt_at: datetime | None = column(
        "next_attempt_at", "When the next attempt begins; null if none is waited for."
    )
    former_secret_until: datetime | None = column(
        "former_secret_until",
        "Until when the secret before the last `webhookRotateSecret` signs as well; null if it was never "
        "rotated.",
    )
    attempts: list[WebhookAttempt] = many(
        "{row}.webhook_id",
        "The latest attempts, at most 50, the latest first.",
        order=Ordering(descending=True),
    )
    version: int = version()
    created_at: datetime = column("created_at", "When it was created.")
    updated_at: datetime = column("updated_at", "When a mutation last changed it.")


@view_of()
@strawberry.type(description="HTTP header of a delivery.")
class WebhookHeader:
    name: str = column("name", "Name, in lower case.")
    value: str = column("value", "Value.")


@view_of()
@strawberry.type(description="Request that would deliver a change to a webhook, as a dry run shows it.")
class WebhookDryRun:
    seq: Seq = column("seq", "Position of the change.")
    url: str = column("url", "URL that it would be sent to by POST.")
    headers: list[WebhookHeader] = documents(
        lambda headers: headers, "headers", description="The headers, with a signature that is valid now."
    )
    payload: str = column("payload", "The body: JSON, as the subscription `changes` would send it.")
