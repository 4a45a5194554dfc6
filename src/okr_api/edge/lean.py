"""The lean way in: a POST whose query is compiled is answered here; all else goes to the endpoint."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from okr_api.edge.door import header, problem
from okr_api.edge.texts import NotTaken, Texts
from okr_api.graphql.compiled import Compiled
from okr_api.graphql.context import Context
from okr_api.graphql.deadline import Course

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
WRITTEN = orjson.OPT_UTC_Z


class Lean:
    """Stands between the door and the endpoint, and hands on what it does not answer."""

    def __init__(self, app: ASGIApp, *, path: str, compiled: Compiled, texts: Texts) -> None:
        self.app = app
        self.path = path
        self.compiled = compiled
        self.texts = texts

    def _is_for_us(self, scope: Scope) -> bool:
        """POSTs of JSON to the path, but those that want an event stream and nothing else."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != self.path:
            return False
        if header(scope, b"accept") == EVENT_STREAM.encode():
            return False
        kind = header(scope, b"content-type")
        return kind == JSON.encode() or kind.partition(b";")[0].strip().lower() == JSON.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a compiled operation, and what is no request at all."""
        if not self._is_for_us(scope):
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError as fault:
            message = f"The body is not JSON, whose numbers are finite: {fault}"
            await problem(400, "BAD_REQUEST", message)(scope, receive, send)
            return
        if not isinstance(request, dict):
            message = 'The body is an object such as {"query": "{ seq }"}'
            await problem(400, "BAD_REQUEST", message)(scope, receive, send)
            return
        answer = await self._answer(scope, request)
        if answer is None:
            await self.app(scope, _again(body, receive), send)
        else:
            newer = GRAPHQL_JSON.encode() in header(scope, b"accept")
            await _send(send, answer, (GRAPHQL_JSON if newer else JSON).encode())

    async def _answer(self, scope: Scope, request: Mapping[str, Any]) -> bytes | None:
        try:
            text = self.texts.meant(request)
        except NotTaken:  # the endpoint says why
            return None
        if text is None or not _is_request(request):
            return None
        state = scope["state"]
        state["course"] = Course()
        context = Context(scope["app"].state.house, state["token"], state["actor"], state["course"])
        data = await self.compiled.answer(
            context, text, request.get("variables"), request.get("operationName")
        )
        if data is None:
            return None
        return orjson.dumps({"data": data, "extensions": context.told_cost()}, option=WRITTEN)


def _is_request(request: Mapping[str, Any]) -> bool:
    """Whether the rest of it is what GraphQL over HTTP expects."""
    return (
        isinstance(request.get("query"), str | None)
        and isinstance(request.get("variables"), dict | None)
        and isinstance(request.get("operationName"), str | None)
        and isinstance(request.get("extensions"), dict | None)
    )


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that has been read, to be read once more."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def content_type(headers: Headers) -> str:
    """The media type of an answer: the newer one for those who ask for it."""
    return GRAPHQL_JSON if GRAPHQL_JSON in headers.get("accept", "") else JSON


async def _send(send: Send, body: bytes, content_type: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
