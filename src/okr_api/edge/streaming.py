"""Event streams: subscriptions over plain HTTP, for clients that have no websocket."""

from collections.abc import Mapping
from typing import ClassVar

from graphql import GraphQLError, OperationType, get_operation_ast, parse
from strawberry.http import GraphQLRequestData
from strawberry.http.streaming import SSETransport

from okr_api.edge.lean import EVENT_STREAM, GRAPHQL_JSON, JSON
from okr_api.graphql.schema import MOST_TOKENS

ANYTHING = (JSON, GRAPHQL_JSON, "application/*", "*/*")


class EventStream(SSETransport):
    """Strawberry's event stream with lines that end as every client reads them: urql knows LF alone."""

    headers: ClassVar = {**SSETransport.headers, "Content-Type": f"{EVENT_STREAM}; charset=utf-8"}

    def encode_event(self, event: str, data: str | None = None) -> str:
        """An event, its data in one line."""
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        """What keeps the connection open."""
        return super().encode_comment(comment).replace("\r\n", "\n")


def accepted(headers: Mapping[str, str]) -> list[str]:
    """The media types that a client takes, without their parameters."""
    accept = headers.get("accept", "*/*")
    return [part.partition(";")[0].strip().lower() for part in accept.split(",")]


def answered_once(headers: Mapping[str, str], asked: GraphQLRequestData) -> bool:
    """Whether a client that also takes an event stream is better served with one JSON answer.

    Some clients name every media type that they know with every request.
    """
    if not any(one in ANYTHING for one in accepted(headers)):
        return False
    try:
        document = parse(asked.query or "", max_tokens=MOST_TOKENS)
    except (GraphQLError, RecursionError):
        return True
    operation = get_operation_ast(document, asked.operation_name)
    return operation is None or operation.operation is not OperationType.SUBSCRIPTION
