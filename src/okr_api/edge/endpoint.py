"""The GraphQL endpoint: POST and GET, and subscriptions as an event stream."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from cross_web import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL

from okr_api.edge.door import problem
from okr_api.edge.lean import GRAPHQL_JSON, JSON, content_type
from okr_api.edge.streaming import EventStream, answered_once
from okr_api.edge.texts import NotTaken, Texts
from okr_api.graphql.context import Context
from okr_api.graphql.schema import schema

PATH = "/graphql"


async def context_of(connection: HTTPConnection) -> Context:
    """Who asks over this connection."""
    house = connection.app.state.house
    known = connection.scope.get("state", {})
    return Context(house, known.get("token"), known.get("actor"), known.get("course"))


class Endpoint(GraphQLRouter[Context, None]):
    """Strawberry's endpoint, with our way of saying who asks, and every error as JSON."""

    stream_transport_classes_by_protocol = MappingProxyType({GRAPHQL_SSE_PROTOCOL: EventStream})

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        super().__init__(
            schema,
            path=PATH,
            graphql_ide=None,
            context_getter=context_of,
            subscription_protocols=[GRAPHQL_SSE_PROTOCOL],  # edge/sockets.py speaks over websockets
            include_in_schema=False,
        )

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Never: the door has shown GraphiQL to whoever wants it, and a query may be named, not sent."""
        del request
        return False

    async def run(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers a request; what Strawberry would say in plain text is said as JSON."""
        try:
            response = await super().run(request, *args, **kwargs)
        except HTTPException as refusal:
            return self._said(refusal)
        except NotTaken as refusal:
            kind = content_type(request.headers)
            body = {"errors": [refusal.formatted]}
            return JSONResponse(body, 400 if kind == GRAPHQL_JSON else 200, media_type=kind)
        if isinstance(response, Response) and response.headers.get("content-type") == JSON:
            response.headers["content-type"] = kind = content_type(request.headers)
            if kind == GRAPHQL_JSON and getattr(request.state, "not_begun", False):
                response.status_code = 400
        return response

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        """What is asked, and how it is to be answered.

        *Refuses*: a document that is not taken (`NotTaken`).
        """
        asked = await super().parse_http_body(request)
        if isinstance(asked, list):
            return asked
        by_get = request.method == "GET"
        sent = request.query_params if by_get else self.parse_json(await request.get_body())
        asked = replace(asked, query=self.texts.meant({**sent, "extensions": asked.extensions}))
        if asked.protocol == "http" or not answered_once(request.headers, asked):
            return asked
        return replace(asked, protocol="http")

    async def process_result(self, request: Request, result: Any) -> GraphQLHTTPResponse:
        """The answer; what has not begun has no data, not even null.

        Nothing has begun where the document or its variables are refused: those errors lie in no field.
        """
        answer = await super().process_result(request, result)
        if result.errors and result.data is None and not any(error.path for error in result.errors):
            del answer["data"]
            answer.pop("extensions", None)
            request.state.not_begun = True
        return answer

    def _said(self, refusal: HTTPException) -> Response:
        return problem(refusal.status_code, "BAD_REQUEST", refusal.reason)
