"""FastAPI subclass behind the middlewares for CORS, authentication and the fast path; `app.py` adds routes.

They are outside the framework because the fast path responds to most requests without it. CORS applies only
to requests with an Origin header.
"""

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.operation_tracing import OperationTracer
from okr_api.transport.auth_middleware import AuthMiddleware
from okr_api.transport.body_limits import BodyLimiter
from okr_api.transport.cors import CrossOriginMiddleware
from okr_api.transport.endpoint import PATH
from okr_api.transport.fast_path import FastPathMiddleware
from okr_api.transport.http_responses import CODES, error_response, header
from okr_api.transport.open_telemetry import TracingMiddleware
from okr_api.transport.sse import EventStreams
from okr_api.transport.streamed_operation import Executors

# FastAPI's own telemetry may be switched on by the environment, and records URLs and messages of exceptions.
NO_TELEMETRY: TelemetryConfig = {"auto_configure": False, "tracing": False, "metrics": False, "logs": False}


class Application(FastAPI):
    """FastAPI application behind `AuthMiddleware` and `FastPathMiddleware`."""

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
        charging_paths: Collection[str] = (),
        tracer: OperationTracer | None = None,
        **more: Any,
    ) -> None:
        handlers: dict[Any, Any] = {HTTPException: _refused, Exception: _raise_again}
        super().__init__(
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            exception_handlers=handlers,
            telemetry=NO_TELEMETRY,
            **more,
        )
        fast_path: ASGIApp = FastPathMiddleware(
            super().__call__, path=path, executors=executors, streams=streams
        )
        if tracer is not None:
            fast_path = TracingMiddleware(fast_path, path, tracer)
        self.auth_middleware = AuthMiddleware(
            fast_path,
            path=path,
            bodies=bodies,
            graphiql=graphiql,
            metrics=metrics,
            charging_paths=charging_paths,
        )
        self.cross_origin = CrossOriginMiddleware(self.auth_middleware, allowed_origins, allowed_headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to `AuthMiddleware`, through CORS if it has an Origin header."""
        scope["app"] = self
        is_cross_origin = scope["type"] == "http" and header(scope, b"origin")
        await (self.cross_origin if is_cross_origin else self.auth_middleware)(scope, receive, send)


async def _refused(request: Request, refusal: HTTPException) -> Response:
    """Respond to an unknown path or method with an error in GraphQL's form."""
    code = CODES.get(refusal.status_code, ErrorCode.BAD_REQUEST)
    message = f"{request.method} {request.url.path}: {refusal.detail}"
    headers = dict(refusal.headers or {})
    if "Allow" in headers and request.url.path == PATH:  # the router lists its first route's methods only
        headers["Allow"] = "GET, POST"
    return error_response(request.scope, refusal.status_code, code, message, **headers)


async def _raise_again(_: Request, fault: Exception) -> Response:
    """Re-raise an exception for `AuthMiddleware`, which masks it; FastAPI would send plain text."""
    raise fault
