"""Inputs of the mutations of webhooks."""

import strawberry

from okr_api.graphql.filters import ChangeFilter
from okr_api.graphql.mutations.inputs import Retryable, Versioned, given, perhaps, unchanged
from okr_api.graphql.scalars import Seq

ID = "Id of the webhook, as listed by `webhooks`."
URL = (
    "URL to send to by POST, beginning with https://, at most 2,000 characters. Its host has a public "
    "address, unless the operator allows others"
)
SELECTION = (
    "Fields of `Change` to send, in braces, such as `{ seq summary node { id } }`; at most 10,000 "
    "characters, without variables and named fragments"
)


@strawberry.input(description="Input of `webhookCreate`.")
class WebhookCreateInput(Retryable):
    url: str = given(f"{URL}.")
    selection: str = given(f"{SELECTION}.")
    filter: ChangeFilter | None = perhaps("Only changes that match; all conditions are ANDed.")
    after: Seq | None = perhaps(
        "Deliver the changes after this position; by default, those from now on. It must be one that the "
        "feed still keeps."
    )
    is_enabled: bool = strawberry.field(
        default=True,
        description="false: it is disabled until `webhookEnable`, so that you can try it by `webhookDryRun` "
        "and give its secret to the receiver before anything is sent. Its position stays meanwhile.",
    )


@strawberry.input(description="Input of `webhookUpdate`. Omitted fields stay unchanged.")
class WebhookUpdateInput(Versioned):
    id: strawberry.ID = given(ID)
    url: str | None = unchanged(f"{URL}; not null.")
    selection: str | None = unchanged(f"{SELECTION}; not null.")
    filter: ChangeFilter | None = unchanged("Only changes that match; null for all.")


@strawberry.input(description="Input of `webhookDelete`.")
class WebhookDeleteInput(Retryable):
    id: strawberry.ID = given(ID)


@strawberry.input(description="Input of `webhookRotateSecret`.")
class WebhookRotateSecretInput(Retryable):
    id: strawberry.ID = given(ID)


@strawberry.input(description="Input of `webhookReplay`.")
class WebhookReplayInput(Retryable):
    id: strawberry.ID = given(ID)
    after: Seq = given(
        "Deliver the changes after this position: an earlier one repeats changes, a later one leaves some "
        "out. It must be one that the feed still keeps."
    )


@strawberry.input(description="Input of `webhookEnable`.")
class WebhookEnableInput(Retryable):
    id: strawberry.ID = given(ID)
