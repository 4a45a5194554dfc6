"""The GraphQL endpoint: POST and GET, and subscriptions as an event stream."""

from typing import Any

from cross_web import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from strawberry.fastapi import GraphQLRouter

from okr_api.edge.door import problem
from okr_api.edge.lean import JSON, content_type
from okr_api.graphql.context import Context
from okr_api.graphql.schema import schema

PATH = "/graphql"


async def context_of(connection: HTTPConnection) -> Context:
    """Who asks over this connection."""
    house = connection.app.state.house
    known = connection.scope.get("state", {})
    return Context(house, known.get("token"), known.get("actor"), known.get("done"))


class Endpoint(GraphQLRouter[Context, None]):
    """Strawberry's endpoint, with our way of saying who asks, and every error as JSON."""

    def __init__(self) -> None:
        super().__init__(
            schema,
            path=PATH,
            graphql_ide=None,
            context_getter=context_of,
            subscription_protocols=[],  # edge/sockets.py speaks over websockets
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
