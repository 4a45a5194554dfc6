"""Server-sent events: one operation per response (the distinct connections mode of `graphql-sse`).

The id of an event is the `seq` of its change; a client that reconnects with `Last-Event-ID` resumes after it.
A stream that the server cuts has no `complete` event, so that the client knows it is incomplete.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from graphql import OperationType, get_operation_ast
from starlette.types import Receive, Scope, Send

from okr_api.graphql.context import Context
from okr_api.graphql.scalars import MAX_SEQ
from okr_api.graphql.schema import schema
from okr_api.transport.graphql_ws_messages import serialize_message
from okr_api.transport.http_protocol import HttpProtocol, connection_of
from okr_api.transport.http_responses import (
    EVENT_STREAM,
    GRAPHQL_JSON,
    JSON,
    header,
)
from okr_api.transport.json_requests import BadRequest
from okr_api.transport.persisted_documents import DocumentRejected
from okr_api.transport.streamed_operation import Executors, StreamedOperation
from okr_api.transport.token_revalidation import TokenRevalidator
from okr_api.transport.websocket_protocol import MAX_UNSENT_BYTES, SEND_TIMEOUT_S

HEARTBEAT_S = 15.0
HEARTBEAT = b": ping\n\n"
COMPLETE = b"event: complete\ndata: \n\n"
LAST_EVENT_ID = b"last-event-id"
ANY_JSON = frozenset({JSON, GRAPHQL_JSON, "application/*", "*/*"})
HEADERS = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # turns off buffering in nginx
]


class EventStream(StreamedOperation):
    """Operation whose results are sent as the events of one response."""

    def __init__(self, executors: Executors, context: Context, connection: HttpProtocol | None) -> None:
        super().__init__(executors, context)
        self.connection = connection
        self.client = self
        self.is_cut = False
        self._unsent = bytearray()
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    def tell(self, payload: bytes) -> None:
        """Send a result, or drop the client if it has left too much unread."""
        if not self.is_over:
            id = f"id: {self.position}\n".encode() if self.position else b""
            self._put(b"event: next\n" + id + b"data: " + payload + b"\n\n")

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes that wait in this process to be sent; the system's buffers are not counted."""
        transport = self.connection.transport if self.connection is not None else None
        return len(self._unsent) + (transport.get_write_buffer_size() if transport else 0)

    async def ready(self) -> None:
        """Wait until earlier events have been sent; drop a client that does not read for `SEND_TIMEOUT_S`."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._drained.wait()
        except TimeoutError:
            self.drop()

    async def settle(self) -> None:
        """Do nothing: the request stays in flight until its response has been read."""

    def complete(self) -> None:
        """Send a `complete` event and end the response."""
        if not self.is_over:
            self._append(COMPLETE)  # whatever is unread: a large result may just have been queued
            self.stop()

    def refuse(self, errors: list[Any]) -> None:
        """Send an event with nothing but errors and end the response."""
        if not self.is_over:
            self._put(b"event: next\ndata: " + serialize_message({"errors": errors}) + b"\n\n")
            self.complete()

    def stop(self) -> None:
        """End the response after the events that are queued."""
        super().stop()
        self._changed.set()

    def cut(self) -> None:
        """End the response without a `complete` event."""
        self.is_cut = True
        self.stop()

    def drop(self) -> None:
        """Drop a client that does not read; it can resume after the last event that it has received."""
        self.cut()
        if self.connection is not None:
            self.connection.drop()

    async def send_all(self, send: Send) -> None:
        """Send queued events until the stream ends, and a heartbeat after `HEARTBEAT_S` without any."""
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        while not self.is_cut:
            if not self._changed.is_set():
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await self._changed.wait()
                except TimeoutError:
                    self._put(HEARTBEAT)
                continue
            self._changed.clear()
            events, is_last = bytes(self._unsent), self.is_over
            self._unsent.clear()
            await send({"type": "http.response.body", "body": events, "more_body": not is_last})
            if is_last:
                return
            if not self._unsent:
                self._drained.set()

    async def end_with_client(self, receive: Receive) -> None:
        """Cut the stream when the client disconnects or the server stops."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.cut()

    def _put(self, event: bytes) -> None:
        if len(self._unsent) > MAX_UNSENT_BYTES:
            self.drop()
            return
        self._append(event)

    def _append(self, event: bytes) -> None:
        self._unsent += event
        self._drained.clear()
        self._changed.set()


class EventStreams:
    """Responder that runs operations as event streams."""

    def __init__(self, executors: Executors, watch: TokenRevalidator) -> None:
        self.executors = executors
        self.watch = watch

    async def answer(self, scope: Scope, receive: Receive, send: Send, request: Mapping[str, Any]) -> None:
        """Respond with an event stream to a request whose parameters have been checked.

        Raises:
            BadRequest: its Last-Event-ID is not a position.
        """
        state, connection = scope["state"], connection_of(scope)
        context = Context(
            scope["app"].state.app_services, state["token"], state["actor"], state["operation_state"]
        )
        context.operation_state.left = None  # `end_with_client` watches for the disconnect
        context.operation_state.resume_after = _last_event_id(scope)
        stream = EventStream(self.executors, context, connection)
        try:
            text = self.executors.document_store.resolve(request) or ""
            stream.admit(text, request.get("variables"))
        except DocumentRejected as refusal:
            stream.refuse([refusal.formatted])
        else:
            asked = (text, request.get("variables"), request.get("operationName"))
            stream.task = asyncio.create_task(stream.run(*asked))
        ending = asyncio.create_task(stream.end_with_client(receive))
        self.watch.holders.add(stream)
        if connection is not None:
            connection.is_streaming = True
        try:
            await stream.send_all(send)
        finally:
            if connection is not None:
                connection.is_streaming = False
            self.watch.holders.discard(stream)
            stream.cut()
            ending.cancel()
            await asyncio.gather(ending, *([stream.task] if stream.task else ()), return_exceptions=True)


def _last_event_id(scope: Scope) -> int | None:
    """Return the position after which a reconnecting client resumes; None without the header.

    Raises:
        BadRequest: it is not a position.
    """
    last = header(scope, LAST_EVENT_ID).strip()
    if not last:
        return None
    if len(last) > len(str(MAX_SEQ)) or not last.isdigit() or int(last) > MAX_SEQ:
        raise BadRequest("Last-Event-ID is the id of the last event received, a whole number")
    return int(last)


def accepted_types(scope: Scope) -> list[str]:
    """Return the media types that the client accepts, without their parameters."""
    accept = header(scope, b"accept").decode("latin-1") or "*/*"
    return [part.partition(";")[0].strip().lower() for part in accept.split(",")]


def is_subscription(text: str, name: str | None) -> bool:
    """Return whether a document's operation is a subscription; False if the document is invalid."""
    document = schema.documents.prepare(text).document
    operation = get_operation_ast(document, name) if document else None
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION
