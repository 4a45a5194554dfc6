"""uvicorn's HTTP protocol with three changes.

Event streams end at once, broken HTTP is told as JSON, and a whole response is written in one piece: by two
messages of ASGI it would take two system calls here, and wake its client twice.
"""

from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from okr_api.transport.http_limits import LimitedHttpProtocol
from okr_api.transport.http_responses import raw_bad_request
from okr_api.transport.websocket_protocol import CLOSE_TIMEOUT_S, WEBSOCKETS

EXTENSION = "okr.http"
COPIED_BYTES = 64 * 1024  # of a body: it is cheaper to copy than to write by itself


class HttpProtocol(LimitedHttpProtocol):
    """One HTTP connection. The application finds it in its scope, among the extensions."""

    is_streaming = False  # whether the present response has no end of its own
    running: RequestResponseCycle | None = None  # the request being answered; `cycle` is the latest received

    def on_message_begin(self) -> None:
        """Put this connection into the scope of the request that begins."""
        super().on_message_begin()
        extensions: dict[Any, Any] = {EXTENSION: self}
        self.scope["extensions"] = extensions

    def on_headers_complete(self) -> None:
        """Begin with a request, or let it wait behind the one before."""
        super().on_headers_complete()
        if not self.pipeline:
            self.running = self.cycle

    def on_response_complete(self) -> None:
        """Go on with the request that waits, if any."""
        following = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        self.running = following or self.running

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell a request that its client has gone, also where further requests wait behind it."""
        super().connection_lost(exc)
        if self.running is not None:
            self._disconnect()

    def shutdown(self) -> None:
        """End because the server does: a stream at once, which its client resumes elsewhere."""
        if self.is_streaming:
            self.cut()
        else:
            super().shutdown()

    def cut(self) -> None:
        """Close the connection in the middle of a response, so that the client knows that it was not all."""
        self._disconnect()
        self.transport.close()
        self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    @property
    def has_begun(self) -> bool:
        """Whether anything of the response to the running request has been written."""
        return self.running is not None and self.running.response_started

    def respond(self, content_type: bytes, body: bytes) -> bool:
        """Write a whole response to the running request; return False where it has to wait, or nobody reads.

        The response has the status 200, and no headers but those of each response of this server.
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
            b"content-type: %b\r\ncontent-length: %d\r\n" % (content_type, len(body)),
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
        """Close the connection of a client that does not read."""
        self.cut()
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self.transport.write(raw_bad_request(msg))
        self.transport.close()


def connection_of(scope: Scope) -> HttpProtocol | None:
    """Return the connection of a request; None under another server than `okr-api serve` starts."""
    found = scope.get("extensions", {}).get(EXTENSION)
    return found if isinstance(found, HttpProtocol) else None


# How uvicorn is told of both protocols.
PROTOCOLS: dict[str, Any] = {"http": HttpProtocol, **WEBSOCKETS}
