"""Spans of GraphQL operations for OpenTelemetry: type, name, error codes; no variables, literals, results."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from graphql import OperationDefinitionNode

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

UNKNOWN = "graphql"  # name of a span whose operation was rejected before it was known
TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
MAX_TRACESTATE_CHARACTERS = 8_192
MAX_TRACESTATE_MEMBERS = 32
TRACE = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{0,200})?")
MEMBER = re.compile(
    r"([a-z][_0-9a-z*/-]{0,255}|[a-z0-9][_0-9a-z*/-]{0,240}@[a-z][_0-9a-z*/-]{0,13})"
    r"=[ -+\--<>-~]{0,255}[!-+\--<>-~]"
)


def valid_trace_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of W3C Trace Context that are valid; the library logs the text of others."""
    above, state = headers.get(TRACEPARENT, "").strip(), headers.get(TRACESTATE, "")
    if not TRACE.fullmatch(above):
        return {}
    return {TRACEPARENT: above, **({TRACESTATE: state} if _is_tracestate(state) else {})}


def _is_tracestate(text: str) -> bool:
    if not text or len(text) > MAX_TRACESTATE_CHARACTERS:
        return False
    members = [member for one in text.split(",") if (member := one.strip(" \t"))]
    return len(members) <= MAX_TRACESTATE_MEMBERS and all(map(MEMBER.fullmatch, members))


class OperationTracer:
    """Tracer of operations; the current span is that of the running operation."""

    def __init__(self, tracer: "Tracer") -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self.tracer = tracer
        self._trace = trace
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def operation(self, headers: Mapping[str, str] | None = None) -> Iterator[None]:
        """Record a span while the context lasts, below that of the headers (W3C Trace Context).

        An operation inside another one, as an event stream is inside its request, has no span of its own.
        """
        if self._trace.get_current_span().is_recording():
            yield
            return
        above = self._propagator.extract(valid_trace_headers(headers)) if headers else None
        with self.tracer.start_as_current_span(
            UNKNOWN,
            above,
            self._trace.SpanKind.SERVER,
            record_exception=False,  # its message may contain values
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as fault:
                span.set_attribute("error.type", type(fault).__name__)
                span.set_status(self._trace.StatusCode.ERROR)
                raise

    def describe(self, definition: OperationDefinitionNode) -> None:
        """Name the current span after its operation."""
        span, kind = self._trace.get_current_span(), definition.operation.value
        span.update_name(kind)
        span.set_attribute("graphql.operation.type", kind)
        if definition.name is not None:
            span.set_attribute("graphql.operation.name", definition.name.value)

    def report(self, errors: Iterable[Any]) -> None:
        """Mark the current span as failed, with the codes of its errors."""
        extensions = [one.get("extensions") if isinstance(one, dict) else one.extensions for one in errors]
        if extensions:
            span = self._trace.get_current_span()
            codes = sorted({str((each or {}).get("code", "")) for each in extensions})
            span.set_attribute("error.type", codes[0])
            span.set_attribute("okr.error.codes", codes)
            span.set_status(self._trace.StatusCode.ERROR)
