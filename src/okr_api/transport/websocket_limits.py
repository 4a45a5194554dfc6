"""uvicorn's WebSocket protocol with a frame budget, a message timeout and limits on `connection_init`."""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from okr_api.transport.connection_limits import CONNECTIONS, ConnectionLimiter

MAX_INIT_BYTES = 4 * 1024
MAX_FRAMES_BEFORE_INIT = 20
MAX_FRAME_BURST = 500
MAX_FRAMES_PER_S = 100
MESSAGE_TIMEOUT_S = 30.0
PIECE_BYTES = 4 * 1024  # parsed between two checks of the budget: a frame may have six bytes


class LimitedWebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket connection whose client has a budget of frames: messages, fragments, pings and pongs.

    The budget is a token bucket. Until the first message has arrived it is small and is not refilled.
    """

    has_heard = False  # whether the first message, `connection_init`, has arrived
    is_flooding = False
    frames_left: float = MAX_FRAMES_BEFORE_INIT
    counted_at_s = 0.0
    message_timer: asyncio.TimerHandle | None = None

    def end(self, code: int, reason: str) -> None:
        """Close with a code, without waiting for unread data."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Parse received data in pieces, until the budget is exhausted."""
        for start in range(0, len(data), PIECE_BYTES):
            if self.is_flooding:
                return
            super().data_received(data[start : start + PIECE_BYTES])
            if self.handshake_initiated and not self.has_heard:
                self._check_init(self._unfinished_bytes())
        if self.message_timer is None and self.handshake_initiated and self._unfinished_bytes():
            self.message_timer = self.loop.call_later(MESSAGE_TIMEOUT_S, self._refuse_late)

    def send_receive_event_to_app(self) -> None:
        """Pass a message to the application; the first one has at most `MAX_INIT_BYTES`."""
        self._stop_message_timer()
        if not self.has_heard:
            if not self._check_init(sum(map(len, self.frames))):
                return
            self.has_heard = True
            self.frames_left, self.counted_at_s = MAX_FRAME_BURST, self.loop.time()
        super().send_receive_event_to_app()

    def handle_text(self, event: Frame) -> None:
        if self._count():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        if self._count():
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        if self._count():
            super().handle_cont(event)

    def handle_ping(self) -> None:
        if self._count():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._count():
            super().handle_pong(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer and release the connection in the limiter."""
        self._stop_message_timer()
        super().connection_lost(exc)
        limiter: ConnectionLimiter | None = self.app_state.get(CONNECTIONS)
        if limiter is not None:  # the connection was counted before it was upgraded
            limiter.release(self.client[0] if self.client else "")

    def _count(self) -> bool:
        """Charge a frame to the budget; close the connection and return False if it is exhausted."""
        if self.has_heard:
            now = self.loop.time()
            refilled = self.frames_left + (now - self.counted_at_s) * MAX_FRAMES_PER_S
            self.frames_left, self.counted_at_s = min(refilled, MAX_FRAME_BURST), now
        if self.frames_left < 1:
            self._refuse_flood(CloseCode.POLICY_VIOLATION, "Too many messages")
            return False
        self.frames_left -= 1
        return True

    def _check_init(self, size: int) -> bool:
        if size > MAX_INIT_BYTES:
            what = f"connection_init comes first, and has at most {MAX_INIT_BYTES} bytes"
            self._refuse_flood(CloseCode.MESSAGE_TOO_BIG, what)
        return size <= MAX_INIT_BYTES

    def _refuse_flood(self, code: CloseCode, reason: str) -> None:
        if not self.is_flooding:
            self.is_flooding = True  # further input is dropped
            self.frames = []
            self.end(code, reason)

    def _unfinished_bytes(self) -> int:
        return len(self.conn.reader.buffer) + sum(map(len, self.frames))

    def _refuse_late(self) -> None:
        self.message_timer = None
        if self.read_paused:  # the server has paused reading; the client is not late
            self.message_timer = self.loop.call_later(MESSAGE_TIMEOUT_S, self._refuse_late)
        else:
            self._refuse_flood(
                CloseCode.POLICY_VIOLATION, f"A message arrives within {MESSAGE_TIMEOUT_S:g} s"
            )

    def _stop_message_timer(self) -> None:
        if self.message_timer is not None:
            self.message_timer.cancel()
            self.message_timer = None
