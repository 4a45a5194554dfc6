"""Wire format: HTTP requests and WebSocket frames as bytes, and connections with little overhead."""

import asyncio
import base64
import itertools
import json
import os
import re
import socket
from collections.abc import Mapping
from typing import Any

HOST = "127.0.0.1"
CODE = re.compile(rb'"code": ?"([A-Z_]+)"')
LOOKED_AT_BYTES = 20_000  # at each end of a response, searched for codes
CHUNK_BYTES = 2**18
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
Body = Mapping[str, Any]


class Lost(Exception):
    """The server closed the connection before responding."""


def request(
    body: bytes, token: str | None = None, *, accept: str = "application/json", more: str = ""
) -> bytes:
    """Return a GraphQL POST request."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST /graphql HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nAccept: {accept}\r\n"
        f"{authorization}{more}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def dumped(body: Body) -> bytes:
    """Return the body as compact JSON."""
    return json.dumps(body, separators=(",", ":")).encode()


def label(status: str, body: bytes) -> str:
    """Return the outcome of a request as its status and error codes."""
    looked_at = body if len(body) < 2 * LOOKED_AT_BYTES else body[:LOOKED_AT_BYTES] + body[-LOOKED_AT_BYTES:]
    codes = {code.decode() for code in CODE.findall(looked_at)}
    return " ".join((status, *sorted(codes)))


class Connection:
    """A keep-alive connection."""

    def __init__(self, port: int, *, receive_buffer: int | None = None, source: str | None = None) -> None:
        self.port = port
        self.source = source  # local address; the server counts connections per address
        self.receive_buffer = receive_buffer
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect unless connected."""
        if self.writer is not None and not self.writer.is_closing():
            return
        made = socket.socket()
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.receive_buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        made.setblocking(False)
        try:
            if self.source is not None:
                made.bind((self.source, 0))
            await asyncio.get_running_loop().sock_connect(made, (HOST, self.port))
        except BaseException:
            made.close()
            raise
        self.reader, self.writer = await asyncio.open_connection(sock=made, limit=2**16)

    def write(self, data: bytes) -> None:
        """Write without waiting for buffer space."""
        assert self.writer is not None
        self.writer.write(data)

    async def drain(self) -> None:
        """Wait for buffer space."""
        assert self.writer is not None
        await self.writer.drain()

    async def ask(self, data: bytes) -> tuple[str, bytes]:
        """Send a request and return the status and body of the response.

        Raises:
            Lost: the connection was closed.
        """
        try:
            await self.open()
            self.write(data)
            return await self.answer()
        except (OSError, asyncio.IncompleteReadError) as end:
            self.close()
            raise Lost(type(end).__name__) from end
        except BaseException:
            self.close()
            raise

    async def answer(self) -> tuple[str, bytes]:
        """Read a response."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = head[9:12].decode()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
        if length:
            body = await self.reader.readexactly(int(length))
        elif b"transfer-encoding: chunked" in head:
            body = await self._chunks()
        else:
            body = await self.reader.read()
        if b"connection: close" in head:
            self.close()
        return status, body

    async def _chunks(self) -> bytes:
        body = b""
        while size := int((await self.reader.readline()).strip() or b"0", 16):
            chunk = await self.reader.readexactly(size + 2)
            body = (body + chunk)[-2 * LOOKED_AT_BYTES :]
        await self.reader.readline()
        return body

    def close(self) -> None:
        """Abort the connection."""
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None


def frame(payload: bytes, opcode: int = TEXT, *, end: bool = True) -> bytes:
    """Return a client frame, masked with zeros, which needs no computation."""
    size = len(payload)
    head = bytes(((0x80 if end else 0) | opcode,))
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 2**16:
        head += bytes((0x80 | 126,)) + size.to_bytes(2, "big")
    else:
        head += bytes((0x80 | 127,)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


class Socket(Connection):
    """A `graphql-transport-ws` WebSocket."""

    def __init__(self, port: int, token: str | None, **more: Any) -> None:
        super().__init__(port, **more)
        self.token = token
        self.ids = itertools.count(1)

    async def open(self) -> None:
        """Perform the handshake, and `connection_init` if there is a token."""
        if self.writer is not None and not self.writer.is_closing():
            return
        await super().open()
        key = base64.b64encode(os.urandom(16)).decode()
        self.write(
            (
                f"GET /graphql HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
            ).encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head[:20]:
            raise Lost(head[9:12].decode())
        if self.token is not None:
            self.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {self.token}"}})
            await self.message()

    def send(self, message: Body) -> None:
        """Send a message."""
        self.write(frame(dumped(message)))

    def subscribe(self, body: Body) -> None:
        """Start an operation."""
        self.send({"id": str(next(self.ids)), "type": "subscribe", "payload": body})

    async def operation(self, message: bytes) -> tuple[str, bytes]:
        """Send a message that starts an operation and wait for its first result or error."""
        try:
            await self.open()
            self.write(message)
            while True:
                answer = await self.message()
                if b'"complete"' in answer[:60] or b'"complete"' in answer[-60:]:
                    continue
                return "socket", answer
        except (OSError, asyncio.IncompleteReadError) as end:
            self.close()
            raise Lost(type(end).__name__) from end
        except BaseException:
            self.close()
            raise

    async def message(self) -> bytes:
        """Read the next protocol message, replying to pings.

        Raises:
            Lost: the server closed the connection; the text is the close code.
        """
        while True:
            opcode, payload = await self._frame()
            if opcode == CLOSE:
                raise Lost(str(int.from_bytes(payload[:2], "big")))
            if opcode == PING:
                self.write(frame(payload, PONG))
            elif opcode == TEXT:
                if b'"ping"' not in payload[:60]:
                    return payload
                self.send({"type": "pong"})

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return first & 0x0F, await self.reader.readexactly(size)
