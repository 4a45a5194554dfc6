"""Fast path middleware: answer compiled operations, event streams, malformed bodies; forward the rest."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from okr_api.graphql.context import Context
from okr_api.graphql.execution.json_writer import dump_answer
from okr_api.transport.http_protocol import connection_of
from okr_api.transport.http_responses import (
    EVENT_STREAM,
    JSON,
    error_response,
    header,
    media_type,
)
from okr_api.transport.json_requests import (
    PARSED,
    BadRequest,
    check_query_string,
    parse_parameters,
    parse_request,
)
from okr_api.transport.persisted_documents import DocumentRejected
from okr_api.transport.rate_limit_fields import rate_limit_lines
from okr_api.transport.request_bodies import receive_body, replayed_body
from okr_api.transport.request_id import request_id_of
from okr_api.transport.sse import (
    ANY_JSON,
    EventStreams,
    accepted_types,
    is_subscription,
)
from okr_api.transport.streamed_operation import Executors

JSON_BYTES, EVENT_STREAM_BYTES = JSON.encode(), EVENT_STREAM.encode()


class FastPathMiddleware:
    """ASGI middleware between `AuthMiddleware` and the endpoint that executes compiled operations."""

    def __init__(self, app: ASGIApp, *, path: str, executors: Executors, streams: EventStreams) -> None:
        self.app = app
        self.path = path
        self.compiled, self.document_store = executors.compiled, executors.document_store
        self.streams = streams

    def _is_for_us(self, scope: Scope) -> bool:
        """Return whether the request is a POST of JSON to the path."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != self.path:
            return False
        kind = header(scope, b"content-type")
        return kind == JSON_BYTES or JSON_BYTES in kind.partition(b";")[0].lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Execute a compiled operation or an event stream, reject a malformed body, or forward the request.

        Raises:
            AdmissionRejected: the request may be retried later.
        """
        if not self._is_for_us(scope):
            answer = await self._answer_to_get(scope)
            if answer is None:
                await self.app(scope, receive, send)
            else:
                await _send(scope, send, answer)
            return
        body = await receive_body(receive)
        state = scope["state"]
        state["operation_state"].begin()
        scope["app"].state.app_services.rate_limiter.check(
            state["actor"].token_id
        )  # again: receiving the body took time
        try:
            request = state[PARSED] = parse_request(body)
            answer = None if self._streams_only(scope) else await self._answer(scope, request)
            if answer is None and self._is_streamed(scope, request):
                await self.streams.answer(scope, receive, send, request)
                return
        except BadRequest as fault:
            await error_response(scope, 400, fault.code, fault.message)(scope, receive, send)
            return
        if answer is None:
            await self.app(scope, replayed_body(body, receive), send)
        else:
            await _send(scope, send, answer)

    def _streams_only(self, scope: Scope) -> bool:
        """Return whether the client accepts an event stream and no JSON."""
        accept = header(scope, b"accept")
        if not accept or EVENT_STREAM_BYTES not in accept.lower():
            return False
        return ANY_JSON.isdisjoint(accepted_types(scope))

    def _is_streamed(self, scope: Scope, request: Mapping[str, Any]) -> bool:
        """Return whether to respond with an event stream.

        Some clients accept every media type that they know: they get a stream for subscriptions only.
        """
        if EVENT_STREAM not in accepted_types(scope):
            return False
        if self._streams_only(scope):
            return True
        try:
            text = self.document_store.resolve(request)
        except DocumentRejected:
            return False
        return text is not None and is_subscription(text, request.get("operationName"))

    async def _answer_to_get(self, scope: Scope) -> bytes | None:
        """Return the result of a compiled query in a URL; None leaves the request to the endpoint."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != self.path:
            return None
        try:
            check_query_string(scope["query_string"])
            request = parse_parameters(QueryParams(scope["query_string"]))
        except BadRequest:
            return None
        return await self._answer(scope, request, may_write=False)

    async def _answer(
        self, scope: Scope, request: Mapping[str, Any], *, may_write: bool = True
    ) -> bytes | None:
        try:
            text = self.document_store.resolve(request)
        except DocumentRejected:  # the endpoint reports the reason
            return None
        if text is None:
            return None
        state = scope["state"]
        context = Context(
            scope["app"].state.app_services, state["token"], state["actor"], state["operation_state"]
        )
        answer = await self.compiled.answer(
            context,
            text,
            request.get("variables"),
            request.get("operationName"),
            may_write=may_write,
        )
        if answer is None:
            return None
        payload = answer.as_payload(context.response_extensions())
        body = await dump_answer(payload, context.answer_bytes)
        context.charge_response(len(body))
        return body


async def _send(scope: Scope, send: Send, body: bytes) -> None:
    """Send a response in a single write, or as ASGI messages if CORS has to add headers."""
    content_type = media_type(scope).encode()
    connection = None if header(scope, b"origin") else connection_of(scope)
    if connection is not None:
        limiter, actor = scope["app"].state.app_services.rate_limiter, scope["state"]["actor"]
        limits = rate_limit_lines(limiter, actor.token_id)
        if connection.respond(content_type, request_id_of(scope), body, limits):
            return
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
