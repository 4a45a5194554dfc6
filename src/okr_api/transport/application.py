"""The host: FastAPI behind our own way in.

What every request meets first stands before the framework: the door, and the lean way, which answers most of
them. What other sites may read of an answer is looked after only where another site asks.
"""

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from okr_api.transport.auth_middleware import AuthMiddleware
from okr_api.transport.body_limits import BodyLimiter
from okr_api.transport.cors import CrossOriginMiddleware
from okr_api.transport.endpoint import PATH
from okr_api.transport.fast_path import FastPathMiddleware
from okr_api.transport.http_responses import CODES, error_response, header
from okr_api.transport.sse import EventStreams
from okr_api.transport.streamed_operation import Executors


class Application(FastAPI):
    """A FastAPI application that is reached through the door."""

    def __init__(
        self,
        *,
        path: str,
        executors: Executors,
        streams: EventStreams,
        graphiql: bool,
        metrics: bool,
        bodies: BodyLimiter,
        allowed_origins: Collection[str],
        allowed_headers: Collection[str],
        **more: Any,
    ) -> None:
        handlers: dict[Any, Any] = {HTTPException: _refused, Exception: _raise_again}
        super().__init__(docs_url=None, redoc_url=None, openapi_url=None, exception_handlers=handlers, **more)
        lean = FastPathMiddleware(super().__call__, path=path, executors=executors, streams=streams)
        self.door = AuthMiddleware(lean, path=path, bodies=bodies, graphiql=graphiql, metrics=metrics)
        self.cross_origin = CrossOriginMiddleware(self.door, allowed_origins, allowed_headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything comes by here."""
        scope["app"] = self
        from_elsewhere = scope["type"] == "http" and header(scope, b"origin")
        await (self.cross_origin if from_elsewhere else self.door)(scope, receive, send)


async def _refused(request: Request, refusal: HTTPException) -> Response:
    """Answer a path or a method that is not there in GraphQL's form."""
    code = CODES.get(refusal.status_code, "BAD_REQUEST")
    message = f"{request.method} {request.url.path}: {refusal.detail}"
    headers = dict(refusal.headers or {})
    if (
        "Allow" in headers and request.url.path == PATH
    ):  # the router names the methods of its first route only
        headers["Allow"] = "GET, POST"
    return error_response(request.scope, refusal.status_code, code, message, **headers)


async def _raise_again(_: Request, fault: Exception) -> Response:
    """Leave a fault to the outermost handler, instead of answering it in plain text."""
    raise fault
