"""The wire: uvicorn's websocket protocol, written to without waiting, and ended where nobody reads.

A client that does not read fills a buffer here. That buffer has a limit, beyond which the client is
dropped: it subscribes again with `after` and has missed nothing. And closing politely would wait for
that client for ever, so every end is followed by a plain one a moment later.
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
MIN_READ_BYTES = 256 * 1024  # in that time: a slow client reads, an idle one does not
CLOSE_TIMEOUT_S = 5.0
TOO_SLOW = 1013  # "try again later": clients that reconnect by themselves do so after it
NOT_UTF_8 = 1007
EXTENSION = "okr.wire"
TEXT = 0x81  # a whole message, as text
log = logging.getLogger(__name__)
log.setLevel(logging.WARNING)


def frame(text: bytes) -> bytes:
    """A text message as a server sends it: not masked, in one piece."""
    size = len(text)
    if size < 126:
        return bytes((TEXT, size)) + text
    if size < 65_536:
        return bytes((TEXT, 126)) + size.to_bytes(2, "big") + text
    return bytes((TEXT, 127)) + size.to_bytes(8, "big") + text


def _cause(connection: ServerProtocol) -> BaseException | None:
    """Return what is wrong with a handshake, in the words of whoever has read it."""
    return connection.handshake_exc and (connection.handshake_exc.__cause__ or connection.handshake_exc)


class BufferedWebSocket(LimitedWebSocketProtocol):
    """One websocket. The application finds it in its scope, among the extensions."""

    abort_timer: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Open a connection of which nothing is logged but faults: URLs, headers and messages hold tokens."""
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = log
        self.conn.debug = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be said."""
        return self.close_sent or self.disconnected or self.transport.is_closing()

    def say(self, text: bytes) -> None:
        """Sends a text message, without waiting; whoever has left too much unread is dropped instead."""
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
        """Waits until most of what was said has left; drops whoever does not read for half a minute."""
        if not self.writable.is_set():
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self.writable.wait()
            except TimeoutError:
                self.drop()

    @property
    def unsent_bytes(self) -> int:
        """What the client has left unread, apart from what the system holds for it."""
        return self.transport.get_write_buffer_size()

    async def read(self) -> None:
        """Wait until a large answer has been read; drop a client that reads too little of it."""
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
        """Ends with whoever does not read."""
        self.end(TOO_SLOW, "Too much is left unread: subscribe again, after the last seq")

    def end(self, code: int, reason: str) -> None:
        """Closes with a code, without waiting for what is unread."""
        if self.is_over:
            return
        if not self.handshake_complete:
            self.transport.abort()
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # the client's own word of closing is still to come
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    async def run_asgi(self) -> None:
        """Runs the application, which finds this wire in its scope."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        try:
            await super().run_asgi()
        finally:
            self._abort_soon()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; one that is not UTF-8 ends the connection, as RFC 6455 wants it."""
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                self.end(NOT_UTF_8, "A message is UTF-8 text")
                return
        super().send_receive_event_to_app()

    def data_received(self, data: bytes) -> None:
        """Take in what was received; what is no handshake is answered, which uvicorn forgets, and ended."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.close_sent:
            self.handshake_complete = self.close_sent = True
            self.transport.write(raw_bad_request(f"This is no websocket handshake: {_cause(self.conn)}"))
            self.transport.close()

    def handle_ping(self) -> None:
        """Answers a ping, which would fill the buffer of whoever only pings as well."""
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.drop()
        else:
            super().handle_ping()

    def keepalive_timeout(self) -> None:
        """Ends with a client that has not answered a ping."""
        super().keepalive_timeout()
        self._abort_soon()

    def shutdown(self) -> None:
        """Ends because the server does."""
        super().shutdown()
        self._abort_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        if self.abort_timer is not None:
            self.abort_timer.cancel()

    def _abort_soon(self) -> None:
        """Closing waits until all is sent; not for ever."""
        if self.abort_timer is None and not self.disconnected:
            self.abort_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)


# How uvicorn is told. Compression would be work for each subscriber, and memory: what is sent is small.
WEBSOCKETS: dict[str, Any] = {
    "ws": BufferedWebSocket,
    "ws_max_size": MAX_MESSAGE_BYTES,
    "ws_per_message_deflate": False,
}
