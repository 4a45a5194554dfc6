"""Spans of SQL statements for OpenTelemetry: what kind of statement, of which table, how long; no values.

asyncpg reports each statement when it has ended. The text of a statement is not part of its span.
"""

import re
from time import time_ns
from typing import TYPE_CHECKING, Any

from .tables import metadata

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

KIND = re.compile(r"\s*([a-z]+)", re.IGNORECASE)
FEED_HEAD = "feed_head"
RELATION = re.compile(r"\b(?:from|into|update|join|table)\s+(?:only\s+)?([a-z_]+)", re.IGNORECASE)


class StatementTracer:
    """Logger of asyncpg that makes a span of each statement of an operation."""

    def __init__(self, tracer: "Tracer") -> None:
        from opentelemetry import trace

        self.tracer = tracer
        self._trace = trace

    def __call__(self, record: Any) -> None:
        """Make the span of a statement that has ended; those outside of operations have none."""
        if not self._trace.get_current_span().get_span_context().is_valid:
            return
        ended_at = time_ns()
        kind, table = describe_statement(record.query)
        attributes = {"db.system.name": "postgresql", "db.operation.name": kind}
        if table is not None:
            attributes["db.collection.name"] = table
        span = self.tracer.start_span(
            f"{kind} {table}" if table else kind,
            kind=self._trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=ended_at - int(record.elapsed * 1e9),
        )
        if record.exception is not None:  # its message may contain values
            span.set_attribute("error.type", type(record.exception).__name__)
            span.set_status(self._trace.StatusCode.ERROR)
        span.end(ended_at)


def describe_statement(statement: str) -> tuple[str, str | None]:
    """Return the first word of a statement in upper case, and the first of our tables that it names.

    The feed head counts only if it is the only one, as many statements return the position beside their rows.
    """
    kind = KIND.match(statement)
    named = [name for found in RELATION.finditer(statement) if (name := found[1].lower()) in metadata.tables]
    table = next((name for name in named if name != FEED_HEAD), FEED_HEAD if named else None)
    return kind[1].upper() if kind else "SQL", table
