"""uvicorn's HTTP protocol with limits on connections, request heads, slow requests and slow readers.

The parser's cost grows with the square of the size of a head that arrives in pieces, so it is never fed more
than the rest of `MAX_HEAD_BYTES` before its progress is checked.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from okr_api.graphql.error_codes import ErrorCode
from okr_api.transport.connection_limits import CONNECTIONS, ConnectionLimiter
from okr_api.transport.http_responses import raw_error
from okr_api.transport.websocket_protocol import CLOSE_TIMEOUT_S, MIN_READ_BYTES

MAX_HEAD_BYTES = 16 * 1024
HEAD_TIMEOUT_S = 10.0
BODY_TIMEOUT_S = 30.0
UNREAD_TIMEOUT_S = 30.0
CROWDED = "There are too many connections, in all or from this address"


class LimitedHttpProtocol(HttpToolsProtocol):
    """HTTP connection with limits on how requests arrive and how fast responses are read."""

    is_reading_head = False
    is_reading_body = False
    is_ended = False  # whether further input is dropped: rejected, or the connection was upgraded
    head_bytes = 0  # bytes since the last body byte: of a head, of trailers, or of what precedes a chunk
    connection_limiter: ConnectionLimiter | None = None  # has counted this connection
    arrival_timer: asyncio.TimerHandle | None = None
    unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, or reject it with 503; wait for the first request."""
        super().connection_made(transport)
        limiter: ConnectionLimiter | None = self.app_state.get(CONNECTIONS)
        address = self.client[0] if self.client else ""
        if limiter is not None and not limiter.acquire(address):
            self.is_ended = True
            self.transport.write(raw_error(HTTPStatus.SERVICE_UNAVAILABLE, ErrorCode.TOO_MANY, CROWDED))
            self.transport.close()
            return
        self.connection_limiter = limiter
        self._await_arrival()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers and release the connection in the limiter."""
        self._stop_timers()
        super().connection_lost(exc)
        if self.connection_limiter is not None:
            self.connection_limiter.release(self.client[0] if self.client else "")

    def data_received(self, data: bytes) -> None:
        """Feed the parser no more than a head may have; reject a larger head with 431."""
        fed, size = 0, len(data)
        while fed < size and not (self.is_ended or self.transport.is_closing()):
            left = MAX_HEAD_BYTES - self.head_bytes
            piece = data if size <= left else data[fed : fed + left]
            fed += len(piece)
            self.head_bytes += len(piece)
            super().data_received(piece)
            if self.head_bytes >= MAX_HEAD_BYTES and not self.is_ended:
                what = f"The request line and the headers have at most {MAX_HEAD_BYTES} bytes"
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, ErrorCode.TOO_LARGE, what)
        if self.is_reading_head or self.is_reading_body or self.head_bytes:
            self._await_arrival()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol."""
        self.is_ended = True
        self._stop_timers()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """Start reading a head."""
        super().on_message_begin()
        self.is_reading_head = True

    def on_headers_complete(self) -> None:
        """Start the request; its body has a separate deadline."""
        self.is_reading_head, self.is_reading_body, self.head_bytes = False, True, 0
        if self.arrival_timer is not None:
            self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a part of the body."""
        self.head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the deadline: the request has arrived completely."""
        self.is_reading_body, self.head_bytes = False, 0
        if self.arrival_timer is not None:
            self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start the next request, or wait until the client has read the last response."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_reading()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; abort it if its client does not read."""
        super().timeout_keep_alive_handler()
        self._await_reading()

    def pause_writing(self) -> None:
        """Pause writing and start the deadline for a client that does not read."""
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        """Resume writing to a client that reads again."""
        super().resume_writing()
        if self.unread_timer is not None and not self.transport.is_closing():
            self.unread_timer.cancel()
            self.unread_timer = None

    def drop(self) -> None:
        """Abort the connection of a client that does not read."""
        self.transport.abort()

    def _await_arrival(self) -> None:
        if self.arrival_timer is None and not self.is_ended:
            within_s = BODY_TIMEOUT_S if self.is_reading_body else HEAD_TIMEOUT_S
            self.arrival_timer = self.loop.call_later(within_s, self._refuse_late)

    def _stop_waiting(self) -> None:
        if self.arrival_timer is not None:
            self.arrival_timer.cancel()
            self.arrival_timer = None

    def _refuse_late(self) -> None:
        self.arrival_timer = None
        if self.pipeline:  # reading is paused while earlier requests are processed
            self._await_arrival()
        elif self.is_reading_head or self.is_reading_body:
            part, within_s = ("body", BODY_TIMEOUT_S) if self.is_reading_body else ("head", HEAD_TIMEOUT_S)
            what = f"The {part} of a request arrives within {within_s:g} seconds"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, ErrorCode.BAD_REQUEST, what)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, code: ErrorCode, message: str) -> None:
        """Send an error response to a request that has not arrived completely, and close.

        Further input is dropped for `CLOSE_TIMEOUT_S`: closing at once would reset the connection, and the
        response would be lost.
        """
        self.is_ended = True
        self._stop_timers()
        cycle: Any = self.cycle  # None before the first request
        under_way = cycle is not None and not cycle.response_complete
        if under_way:
            cycle.disconnected = True
            cycle.message_event.set()
        if self.pipeline or (under_way and (cycle.response_started or not cycle.more_body)):
            self.transport.abort()  # the next response belongs to another request
            return
        self.transport.write(raw_error(status, code, message))
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    def _await_reading(self) -> None:
        left = self.transport.get_write_buffer_size()
        if left and self.unread_timer is None:
            self.unread_timer = self.loop.call_later(UNREAD_TIMEOUT_S, self._check_reading, left)

    def _check_reading(self, left_before: int) -> None:
        self.unread_timer = None
        if left_before - self.transport.get_write_buffer_size() < MIN_READ_BYTES:
            self.drop()
        else:
            self._await_reading()

    def _stop_timers(self) -> None:
        self._stop_waiting()
        self._unset_keepalive_if_required()
        if self.unread_timer is not None:
            self.unread_timer.cancel()
            self.unread_timer = None
