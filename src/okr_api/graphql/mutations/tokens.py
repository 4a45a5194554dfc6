"""Mutations of tokens, for admins."""

from datetime import datetime
from typing import Any

import strawberry

from okr_api.auth.actor import Scope as TokenScope
from okr_api.graphql.context import Info
from okr_api.graphql.enums import Scope
from okr_api.graphql.fields import column, one
from okr_api.graphql.mutations.inputs import (
    Retryable,
    given,
    once_of,
    perhaps,
    ref,
)
from okr_api.graphql.mutations.payloads import (
    Do,
    Payload,
    answered,
    done,
)
from okr_api.graphql.types.token import Token
from okr_api.okr.change import NodeType
from okr_api.query_engine.global_ids import decode_token_id
from okr_api.services import tokens


@strawberry.input(description="Creates a token of a person or of a service: give one of the two.")
class TokenCreateInput(Retryable):
    """Input."""

    person_id: strawberry.ID | None = perhaps("The person whose token it is to be.")
    person_external_id: str | None = perhaps("External id of the person; give either this or `personId`.")
    service: str | None = perhaps(
        "The name of the service, as others will see it: 1 to 200 characters. Not with a person."
    )
    scopes: list[Scope] = given("What it is to allow, at least one; each includes the scopes before it.")
    expires_at: datetime | None = perhaps(
        "When it ends: later than now, within ten years. By default it does not end by itself."
    )


@strawberry.input(description="Revokes a token.")
class TokenRevokeInput(Retryable):
    """Input."""

    id: strawberry.ID = given("The id of the token, as `tokens` lists it; one's own is allowed.")


@strawberry.type(description="What became of a new token.")
class TokenCreatePayload(Payload):
    """A new token's payload."""

    token: Token | None = one("token_id", "The token; null when refused.")
    secret: str | None = column(
        "secret",
        "The secret, to be sent as `Authorization: Bearer …`. It is shown this once, as only its hash is "
        "stored: null when refused, and null when `replayed`; then revoke the token and create another one.",
    )


@strawberry.type(description="What became of revoking a token.")
class TokenRevokePayload(Payload):
    """A revoked token's payload."""

    token: Token | None = one("token_id", "The token; null when refused.")


async def _answer(info: Info, input: Retryable, do: Do) -> Any:
    """Apply a mutation of tokens, and answer with what its payload selects."""
    app_services, actor = info.context.app_services, info.context.actor
    outcome = await done(
        info,
        lambda: app_services.mutation_runner.perform(
            actor, TokenScope.ADMIN, once_of(info.field_name, input), lambda work: do(work, actor)
        ),
    )
    app_services.tokens.forget()
    return await answered(info, outcome, token_id=outcome.ids.get("token"), secret=outcome.secret)


@strawberry.type
class TokensMutation:
    """Mutations of tokens."""

    @strawberry.mutation(
        description="Creates a token and shows its secret, this once. It is no change in the feed. "
        "Needs ADMIN."
    )
    async def token_create(self, info: Info, input: TokenCreateInput) -> TokenCreatePayload | None:
        """Create."""
        payload: TokenCreatePayload = await _answer(
            info,
            input,
            lambda work, actor: tokens.create_token(
                work,
                person=ref(input, "person", NodeType.PERSON),
                service=input.service,
                scopes=[TokenScope[scope.name] for scope in input.scopes],
                expires_at=input.expires_at,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Revokes a token: within two seconds nobody gets in by it, and its sockets and event "
        "streams are closed soon after. It is no change in the feed. Needs ADMIN."
    )
    async def token_revoke(self, info: Info, input: TokenRevokeInput) -> TokenRevokePayload | None:
        """Revoke."""
        payload: TokenRevokePayload = await _answer(
            info, input, lambda work, actor: tokens.revoke_token(work, decode_token_id(input.id))
        )
        return payload
