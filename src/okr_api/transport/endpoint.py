"""GraphQL endpoint behind the fast path: Strawberry's router with stored documents and errors as JSON."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from cross_web import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Scope
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.context import Context
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.execution.json_writer import dump_answer
from okr_api.graphql.schema import has_not_begun, schema
from okr_api.transport.http_responses import (
    GRAPHQL_JSON,
    JSON,
    error_response,
    errors_response,
    media_type,
    rejection_response,
)
from okr_api.transport.json_requests import (
    PARSED,
    BadRequest,
    check_query_string,
    parse_json,
    parse_parameters,
)
from okr_api.transport.persisted_documents import DocumentRejected, DocumentStore

PATH = "/graphql"


async def context_of(connection: HTTPConnection) -> Context:
    """Return the context of a request, with its token and actor."""
    app_services = connection.app.state.app_services
    known = connection.scope.get("state", {})
    return Context(app_services, known.get("token"), known.get("actor"), known.get("operation_state"))


class WrittenAnswer(dict[str, Any]):
    """Response with its serialized JSON."""

    def __init__(self, answer: Mapping[str, Any], body: bytes) -> None:
        super().__init__(answer)
        self.body = body


class Endpoint(GraphQLRouter[Context, None]):
    """Strawberry's router, with the actor from `AuthMiddleware` and every error as JSON."""

    def __init__(self, document_store: DocumentStore) -> None:
        self.document_store = document_store
        super().__init__(
            schema,
            path=PATH,
            graphql_ide=None,
            context_getter=context_of,
            subscription_protocols=[],  # transport/websocket_route.py and transport/sse.py stream
            include_in_schema=False,
        )

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Return False: `AuthMiddleware` serves GraphiQL, and a GET without `query` may name a document."""
        del request
        return False

    async def run(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Handle a request; errors that Strawberry would send as plain text become JSON."""
        try:
            check_query_string(request.scope["query_string"])
            response = await super().run(request, *args, **kwargs)
        except HTTPException as refusal:
            return _refused(request.scope, refusal)
        except AdmissionRejected as refusal:
            return rejection_response(request.scope, refusal)
        except DocumentRejected as refusal:
            kind = media_type(request.scope)
            status = 400 if kind == GRAPHQL_JSON or isinstance(refusal, BadRequest) else 200
            return errors_response(request.scope, status, [refusal.formatted])
        if isinstance(response, Response) and response.headers.get("content-type") == JSON:
            response.headers["content-type"] = kind = media_type(request.scope)
            not_begun = getattr(request.state, "not_begun", None)
            if not_begun == ErrorCode.BAD_REQUEST or (not_begun and kind == GRAPHQL_JSON):
                response.status_code = 400
        return response

    def decode_json(self, data: str | bytes) -> object:
        """Parse JSON as every other transport does."""
        return parse_json(data)

    def parse_query_params(self, params: Any) -> dict[str, Any]:
        """Parse URL parameters as the fast path does."""
        return parse_parameters(params)

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Return the request with its document text resolved.

        Raises:
            DocumentRejected: the document is not accepted.
        """
        parsed = request._request.scope.get("state", {}).get(PARSED)  # noqa: SLF001  no public access
        if parsed is not None:  # the fast path has parsed and checked it
            transport = self._get_stream_transport_from_headers(request.headers)
            return GraphQLRequestData(
                query=self.document_store.resolve(parsed),
                variables=parsed.get("variables"),
                operation_name=parsed.get("operationName"),
                extensions=parsed.get("extensions"),
                protocol=transport.protocol if transport else "http",
            )
        asked = await super().parse_http_body(request)
        assert not isinstance(asked, list), "batches are refused"
        by_get = request.method == "GET"
        sent = request.query_params if by_get else self.parse_json(await request.get_body())
        return replace(asked, query=self.document_store.resolve({**sent, "extensions": asked.extensions}))

    async def process_result(self, request: Request, result: Any) -> GraphQLHTTPResponse:
        """Return the response; an operation that was not executed has no `data`, not even null.

        It was not executed if its document or variables were rejected: those errors belong to no field.
        """
        answer = await super().process_result(request, result)
        if has_not_begun(result):
            del answer["data"]
            answer.pop("extensions", None)
            request.state.not_begun = (result.errors[0].extensions or {}).get("code", "")
            return answer
        try:
            body = await dump_answer(answer)
        except TypeError:  # errors may contain anything that a client has sent
            return answer
        (await context_of(request)).charge_response(len(body))
        return cast("GraphQLHTTPResponse", WrittenAnswer(answer, body))

    def encode_json(self, data: object) -> str | bytes:
        """Return a response as JSON; serialize it unless that has been done."""
        return data.body if isinstance(data, WrittenAnswer) else super().encode_json(data)


def _refused(scope: Scope, refusal: HTTPException) -> Response:
    """Return the error response to a request that Strawberry rejects before parsing it."""
    if refusal.reason == "Unsupported content type":
        return error_response(
            scope, 415, ErrorCode.BAD_REQUEST, "Send the request as JSON, with Content-Type: application/json"
        )
    return error_response(scope, refusal.status_code, ErrorCode.BAD_REQUEST, refusal.reason)
