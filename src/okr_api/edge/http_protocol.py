"""uvicorn's HTTP protocol with two changes: event streams end at once, and broken HTTP is told as JSON."""

from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from okr_api.edge.http_responses import raw_bad_request
from okr_api.edge.wire import CLOSED_WITHIN_S, WEBSOCKETS

EXTENSION = "okr.http"


class HttpProtocol(HttpToolsProtocol):
    """One HTTP connection. The application finds it in its scope, among the extensions."""

    is_streaming = False  # whether the present response has no end of its own

    def on_message_begin(self) -> None:
        """Put this connection into the scope of the request that begins."""
        super().on_message_begin()
        extensions: dict[Any, Any] = {EXTENSION: self}
        self.scope["extensions"] = extensions

    def shutdown(self) -> None:
        """End because the server does: a stream at once, which its client resumes elsewhere."""
        if self.is_streaming:
            self.cut()
        else:
            super().shutdown()

    def cut(self) -> None:
        """Close the connection in the middle of a response, so that the client knows that it was not all."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.transport.close()
        self.loop.call_later(CLOSED_WITHIN_S, self.transport.abort)

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
