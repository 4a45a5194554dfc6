"""Mutations that create API tokens, with the secret shown once, and revoke them; inputs and payloads."""

from datetime import datetime
from typing import Any

import strawberry

from okr_api.auth.actor import Scope as TokenScope
from okr_api.graphql.context import Info
from okr_api.graphql.enums import Scope
from okr_api.graphql.fields import column, one
from okr_api.graphql.mutations.inputs import (
    ADDED_SINCE,
    EntityRef,
    Retryable,
    given,
    once_of,
    optional_ref,
    perhaps,
)
from okr_api.graphql.mutations.payloads import (
    Do,
    MutationPayload,
    answered,
    done,
)
from okr_api.graphql.types.token import Token
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import decode_token_id
from okr_api.services import tokens


@strawberry.input(description="Input of `tokenCreate`. Give a person or a service, not both.")
class TokenCreateInput(Retryable):
    person: EntityRef | None = perhaps("Person that the token is for.")
    service: str | None = perhaps(
        "Name of the service that the token is for, shown as the author of its changes; 1 to 200 characters."
    )
    scopes: list[Scope] = given("Scopes to grant, at least one; each includes the ones before it.")
    expires_at: datetime | None = perhaps(
        "When it expires: in the future, at most ten years ahead. By default it does not expire."
    )
    sees_private: bool = strawberry.field(
        default=False,
        description="For a service: whether it sees private objectives and those of teams, as admins do. For "
        "a person it cannot be true.",
        metadata=ADDED_SINCE,
    )


@strawberry.input(description="Input of `tokenRevoke`.")
class TokenRevokeInput(Retryable):
    id: strawberry.ID = given(
        "Id of the token, as listed by `tokens`; may be the one that sends this request."
    )


@strawberry.type(description="Result of creating a token.")
class TokenCreatePayload(MutationPayload):
    token: Token | None = one("token_id", "The token; null if rejected.")
    secret: str | None = column(
        "secret",
        "Secret to send as `Authorization: Bearer …`. Shown only here, because only its hash is "
        "stored. Null if rejected, and if `replayed`: then revoke the token and create another "
        "one.",
    )


@strawberry.type(description="Result of revoking a token.")
class TokenRevokePayload(MutationPayload):
    token: Token | None = one("token_id", "The revoked token; null if rejected.")


async def _answer(info: Info, input: Retryable, do: Do) -> Any:
    """Run a mutation of tokens and return what its payload selects."""
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
    @strawberry.mutation(
        description="Create a token and return its secret once. It does not appear in the feed. Needs ADMIN."
    )
    async def token_create(self, info: Info, input: TokenCreateInput) -> TokenCreatePayload | None:
        payload: TokenCreatePayload = await _answer(
            info,
            input,
            lambda work, actor: tokens.create_token(
                work,
                person=optional_ref(input, "person", NodeType.PERSON),
                service=input.service,
                scopes=[TokenScope[scope.name] for scope in input.scopes],
                expires_at=input.expires_at,
                sees_private=input.sees_private,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Revoke a token: it is rejected within two seconds, and its sockets and event streams "
        "are closed soon after. It does not appear in the feed. Needs ADMIN."
    )
    async def token_revoke(self, info: Info, input: TokenRevokeInput) -> TokenRevokePayload | None:
        payload: TokenRevokePayload = await _answer(
            info, input, lambda work, actor: tokens.revoke_token(work, decode_token_id(input.id))
        )
        return payload
