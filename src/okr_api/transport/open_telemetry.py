"""OpenTelemetry, if it is installed and configured: provider of tracers from `OTEL_…`, ASGI middleware."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from okr_api import __version__
from okr_api.graphql.operation_tracing import TRACEPARENT, TRACESTATE, OperationTracer
from okr_api.store.statement_tracing import StatementTracer
from okr_api.transport.http_responses import header

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE = "okr-api"
TRACER = "okr_api"


def tracer_provider(exporter: str) -> "TracerProvider":
    """Return a provider that exports in the background; the SDK reads endpoint, sampler and the like."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    resource = Resource.create(
        {"service.version": __version__, **({} if named else {"service.name": SERVICE})}
    )
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(_exporter(exporter)))
    return provider


def _exporter(name: str) -> "SpanExporter":
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


class Tracing:
    """Tracers of one process, and the provider that exports their spans."""

    def __init__(self, provider: "TracerProvider") -> None:
        tracer = provider.get_tracer(TRACER, __version__)
        self.provider = provider
        self.operations, self.statements = OperationTracer(tracer), StatementTracer(tracer)

    @asynccontextmanager
    async def exporting(self) -> AsyncIterator[None]:
        """Export the spans that are left when the context ends."""
        try:
            yield
        finally:
            await asyncio.to_thread(self.provider.shutdown)


def trace_headers(scope: Scope) -> dict[str, str]:
    """Return the request's headers that name the client's span; empty texts if it sends none."""
    return {name: header(scope, name.encode()).decode("latin-1") for name in (TRACEPARENT, TRACESTATE)}


def traced(tracer: OperationTracer | None, scope: Scope) -> AbstractContextManager[None]:
    """Record a span of the operation of a request, below that of the client; without a tracer, none."""
    return nullcontext() if tracer is None else tracer.operation(trace_headers(scope))


class TracingMiddleware:
    """ASGI middleware that records a span for each request to the GraphQL path."""

    def __init__(self, app: ASGIApp, path: str, tracer: OperationTracer) -> None:
        self.app = app
        self.path = path
        self.tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request, in a span below the client's if it sends one."""
        if scope["type"] != "http" or scope["path"] != self.path:
            await self.app(scope, receive, send)
            return
        with traced(self.tracer, scope):
            await self.app(scope, receive, send)
