"""uvicorn's WebSocket protocol with a bounded send buffer; slow clients are disconnected.

A client that does not read fills the send buffer. Beyond its limit the client is dropped: it subscribes again
with `after` and has missed nothing. A clean close would wait for that client for ever, so every close is
followed by an abort after `CLOSE_TIMEOUT_S`.
"""

import asyncio
import logging
from typing import Any

from websockets.server import ServerProtocol

from okr_api.transport.http_responses import raw_bad_request
from okr_api.transport.websocket_limits import LimitedWebSocketProtocol

MAX_UNSENT_BYTES = 1024 * 1024
MAX_MESSAGE_BYTES = 1024 * 1024
SEND_TIMEOUT_S = 30.0
MIN_READ_BYTES = 256 * 1024  # within SEND_TIMEOUT_S: a slow client reads this much, an idle one does not
CLOSE_TIMEOUT_S = 5.0
TOO_SLOW = 1013  # "try again later": clients that reconnect by themselves do so after it
NOT_UTF_8 = 1007
EXTENSION = "okr.wire"
TEXT = 0x81  # first byte of an unfragmented text frame
log = logging.getLogger(__name__)
log.setLevel(logging.WARNING)


def frame(text: bytes) -> bytes:
    """Return a text message as a frame of a server: unmasked and unfragmented."""
    size = len(text)
    if size < 126:
        return bytes((TEXT, size)) + text
    if size < 65_536:
        return bytes((TEXT, 126)) + size.to_bytes(2, "big") + text
    return bytes((TEXT, 127)) + size.to_bytes(8, "big") + text


def _cause(connection: ServerProtocol) -> BaseException | None:
    """Return the error of an invalid handshake, the original one if it was wrapped."""
    return connection.handshake_exc and (connection.handshake_exc.__cause__ or connection.handshake_exc)


class BufferedWebSocket(LimitedWebSocketProtocol):
    """WebSocket connection; the application finds it in the extensions of its scope."""

    abort_timer: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Open a connection that logs only warnings and errors: URLs, headers and messages contain tokens."""
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = log
        self.conn.debug = False

    @property
    def is_over(self) -> bool:
        """Return whether nothing more can be sent."""
        return self.close_sent or self.disconnected or self.transport.is_closing()

    def say(self, text: bytes) -> None:
        """Send a text message without waiting, or drop the client if its send buffer is full."""
        if self.is_over:
            return
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.drop()
        elif self.conn.extensions:  # a compressed frame depends on those before it
            self.conn.send_text(text)
            self.transport.write(b"".join(self.conn.data_to_send()))
        else:
            self.transport.write(frame(text))

    async def ready(self) -> None:
        """Wait until most of the send buffer has drained; drop the client after `SEND_TIMEOUT_S`."""
        if not self.writable.is_set():
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self.writable.wait()
            except TimeoutError:
                self.drop()

    @property
    def unsent_bytes(self) -> int:
        """Return the bytes that wait in this process to be sent; the system's buffers are not counted."""
        return self.transport.get_write_buffer_size()

    async def read(self) -> None:
        """Wait until a large result has been read; drop a client slower than `MIN_READ_BYTES` per timeout."""
        while not self.writable.is_set():
            left = self.unsent_bytes
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self.writable.wait()
            except TimeoutError:
                if left - self.unsent_bytes < MIN_READ_BYTES:
                    self.drop()
                    return

    def drop(self) -> None:
        """Close the connection of a client that does not read."""
        self.end(TOO_SLOW, "Too much is left unread: subscribe again, after the last seq")

    def end(self, code: int, reason: str) -> None:
        """Close with a code, without waiting for unread data."""
        if self.is_over:
            return
        if not self.handshake_complete:
            self.transport.abort()
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # the client's close frame is still to come
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    async def run_asgi(self) -> None:
        """Run the application with this connection in its scope."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        try:
            await super().run_asgi()
        finally:
            self._abort_soon()

    def send_receive_event_to_app(self) -> None:
        """Pass a message to the application; close if it is not UTF-8, as RFC 6455 requires."""
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                self.end(NOT_UTF_8, "A message is UTF-8 text")
                return
        super().send_receive_event_to_app()

    def data_received(self, data: bytes) -> None:
        """Parse received data; respond to an invalid handshake, which uvicorn does not, and close."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.close_sent:
            self.handshake_complete = self.close_sent = True
            self.transport.write(raw_bad_request(f"This is no websocket handshake: {_cause(self.conn)}"))
            self.transport.close()

    def handle_ping(self) -> None:
        """Reply to a ping, subject to the same buffer limit."""
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.drop()
        else:
            super().handle_ping()

    def keepalive_timeout(self) -> None:
        """Close the connection of a client that has not answered a ping."""
        super().keepalive_timeout()
        self._abort_soon()

    def shutdown(self) -> None:
        """Close because the server stops."""
        super().shutdown()
        self._abort_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the abort that was scheduled."""
        super().connection_lost(exc)
        if self.abort_timer is not None:
            self.abort_timer.cancel()

    def _abort_soon(self) -> None:
        """Abort after `CLOSE_TIMEOUT_S`: closing waits until everything has been sent."""
        if self.abort_timer is None and not self.disconnected:
            self.abort_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)


# uvicorn settings. No compression: it costs time and memory for each subscriber, and messages are small.
WEBSOCKETS: dict[str, Any] = {
    "ws": BufferedWebSocket,
    "ws_max_size": MAX_MESSAGE_BYTES,
    "ws_per_message_deflate": False,
}
