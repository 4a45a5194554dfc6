"""The GraphQL endpoint: POST and GET, and `graphql-transport-ws` on the same path."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cross_web import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET

from okr_api.edge.door import problem, token_of
from okr_api.edge.lean import JSON, content_type
from okr_api.graphql.context import Context
from okr_api.graphql.schema import schema

PATH = "/graphql"
CONNECTION_INIT_WITHIN = timedelta(seconds=10)
MOST_OPERATIONS_ON_A_SOCKET = 100


async def context_of(connection: HTTPConnection) -> Context:
    """Who asks over this connection; on a websocket that is known after `connection_init`."""
    house = connection.app.state.house
    known = connection.scope.get("state", {})
    return Context(house, known.get("token"), known.get("actor"), known.get("done"))


class Endpoint(GraphQLRouter[Context, None]):
    """Strawberry's endpoint, with our way of saying who asks, and every error as JSON."""

    def __init__(self, *, allowed_origins: Sequence[str] = ()) -> None:
        super().__init__(
            schema,
            path=PATH,
            graphql_ide=None,
            context_getter=context_of,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=CONNECTION_INIT_WITHIN,
            max_subscriptions_per_connection=MOST_OPERATIONS_ON_A_SOCKET,
            allowed_origins=allowed_origins,
            include_in_schema=False,
        )

    async def run(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers a request; what Strawberry would say in plain text is said as JSON."""
        try:
            response = await super().run(request, *args, **kwargs)
        except HTTPException as refusal:
            return self._said(refusal)
        if isinstance(response, Response) and response.headers.get("content-type") == JSON:
            response.headers["content-type"] = content_type(request.headers)
        return response

    def _said(self, refusal: HTTPException) -> Response:
        return problem(refusal.status_code, "BAD_REQUEST", refusal.reason)

    async def on_ws_connect(self, context: Context) -> Any:
        """Lets a socket in by the token in its `connection_init`; others are closed with 4403."""
        token = token_of(context.connection_params)
        actor = await context.house.tokens.actor(token) if token else None
        if actor is None:
            raise ConnectionRejectionError
        context.token, context.known_actor = token, actor
        return UNSET  # no payload of our own in the acknowledgement
