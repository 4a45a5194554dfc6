"""Messages of `graphql-transport-ws`: how they are understood, and written."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.types import Message

ACKNOWLEDGED = b'{"type":"connection_ack"}'
PONG = b'{"type":"pong"}'
KINDS = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


class Misspoken(Exception):
    """A message that the protocol does not know: the socket is closed with its code and the reason."""

    def __init__(self, reason: str, code: int = 4400) -> None:
        super().__init__(reason)
        self.code = code


def understood(message: Message) -> Mapping[str, Any]:
    """What a message says. Escapes that stand for no character are GraphQL's to refuse, not ours."""
    text = message.get("text")
    if text is None:
        raise Misspoken("WebSocket message type must be text")
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            raise Misspoken("WebSocket message must be valid JSON") from None
    if not isinstance(said, dict):
        raise Misspoken("Failed to parse message")
    return said


def written(payload: Any) -> bytes:
    """A payload as JSON, with whatever a client has sent in it."""
    try:
        return orjson.dumps(payload)
    except TypeError:
        return json.dumps(payload).encode()
