"""uvicorn's HTTP protocol with single-write responses, JSON errors, and event streams cut at shutdown.

A response sent as two ASGI messages would take two system calls and wake its client twice.
"""

from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from okr_api.transport.http_limits import LimitedHttpProtocol
from okr_api.transport.http_responses import raw_bad_request
from okr_api.transport.websocket_protocol import CLOSE_TIMEOUT_S, WEBSOCKETS

EXTENSION = "okr.http"
COPIED_BYTES = 64 * 1024  # up to this size copying a body is cheaper than a separate write


class HttpProtocol(LimitedHttpProtocol):
    """HTTP connection; the application finds it in the extensions of its scope."""

    is_streaming = False  # whether the current response is an event stream
    running: RequestResponseCycle | None = None  # the request being processed; `cycle` is the latest received

    def on_message_begin(self) -> None:
        """Put this connection into the scope of the new request."""
        super().on_message_begin()
        extensions: dict[Any, Any] = {EXTENSION: self}
        self.scope["extensions"] = extensions

    def on_headers_complete(self) -> None:
        """Start the request, or queue it behind the one before."""
        super().on_headers_complete()
        if not self.pipeline:
            self.running = self.cycle

    def on_response_complete(self) -> None:
        """Continue with the next queued request, if any."""
        following = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        self.running = following or self.running

    def connection_lost(self, exc: Exception | None) -> None:
        """Notify the running request that its client has disconnected, even if more requests are queued."""
        super().connection_lost(exc)
        if self.running is not None:
            self._disconnect()

    def shutdown(self) -> None:
        """Close because the server stops; cut a stream at once, which its client resumes elsewhere."""
        if self.is_streaming:
            self.cut()
        else:
            super().shutdown()

    def cut(self) -> None:
        """Close the connection in the middle of a response, so that the client knows it is incomplete."""
        self._disconnect()
        self.transport.close()
        self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    @property
    def has_begun(self) -> bool:
        """Return whether any of the response to the running request has been written."""
        return self.running is not None and self.running.response_started

    def respond(self, content_type: bytes, request_id: bytes, body: bytes, more: bytes = b"") -> bool:
        """Write a complete response to the running request, with status 200.

        `more` are lines of further headers. Return False, and write nothing, if the client has gone, a
        response has begun, or writing is paused.
        """
        cycle = self.running
        assert cycle is not None
        if cycle.disconnected or cycle.response_started or self.flow.write_paused:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        lines = [
            STATUS_LINE[200],
            *[b"%b: %b\r\n" % named for named in self.server_state.default_headers],
            b"content-type: %b\r\ncontent-length: %d\r\nx-request-id: %b\r\n"
            % (content_type, len(body), request_id),
            more,
            b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n",
        ]
        if len(body) <= COPIED_BYTES:
            self.transport.write(b"".join([*lines, body]))
        else:
            self.transport.write(b"".join(lines))
            self.transport.write(body)
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def _disconnect(self) -> None:
        assert self.running is not None
        self.running.disconnected = True
        self.running.message_event.set()

    def drop(self) -> None:
        """Abort the connection of a client that does not read."""
        self.cut()
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Respond to malformed HTTP with a JSON error."""
        self.transport.write(raw_bad_request(msg))
        self.transport.close()


def connection_of(scope: Scope) -> HttpProtocol | None:
    """Return the connection of a request; None under a server other than that of `okr-api serve`."""
    found = scope.get("extensions", {}).get(EXTENSION)
    return found if isinstance(found, HttpProtocol) else None


# uvicorn settings that select both protocols.
PROTOCOLS: dict[str, Any] = {"http": HttpProtocol, **WEBSOCKETS}
