"""Parse and serialize `graphql-transport-ws` messages; invalid ones close the socket or one operation."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.types import Message

from okr_api.transport.json_requests import (
    MAX_JSON_DEPTH,
    BadRequest,
    TooManyContainers,
    parse_json,
)

MAX_READ_AGAIN_CHARACTERS = 262_144
MESSAGE = "The message"
ACKNOWLEDGED = b'{"type":"connection_ack"}'
PONG = b'{"type":"pong"}'
KINDS = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


class ProtocolError(Exception):
    """Invalid `graphql-transport-ws` message; closes the socket with `code` and the reason."""

    def __init__(self, reason: str, code: int = 4400) -> None:
        super().__init__(reason)
        self.code = code


class Unreadable(Exception):
    """`subscribe` message that is not strict JSON or is nested too deep; only its operation is rejected."""

    def __init__(self, id: str, fault: BadRequest) -> None:
        super().__init__(fault.message)
        self.id = id
        self.fault = fault


def parse_message(message: Message) -> Mapping[str, Any]:
    """Parse a message.

    Raises:
        Unreadable: it is not strict JSON or is nested too deep, but the id of its operation can be read.
        ProtocolError: it violates the protocol, or has too many lists and objects.
    """
    text = message.get("text")
    if text is None:
        raise ProtocolError("WebSocket message type must be text")
    try:
        said = parse_json(text, MESSAGE, max_depth=MAX_JSON_DEPTH + 1)
    except TooManyContainers as fault:  # finding its id would take the parsing that the limit prevents
        raise ProtocolError(f"{fault.code}: {fault.message}") from None
    except BadRequest as fault:
        id = _operation_in(text)
        if id is None:
            raise ProtocolError("WebSocket message must be valid JSON") from None
        raise Unreadable(id, fault) from None
    if not isinstance(said, dict):
        raise ProtocolError("Failed to parse message")
    return said


def _operation_in(text: str) -> str | None:
    """Return the operation id of a `subscribe` message, even if it is nested too deep or not strict JSON."""
    if len(text) > MAX_READ_AGAIN_CHARACTERS:
        return None
    try:
        said = orjson.loads(text)  # first, because it accepts deeper nesting
    except orjson.JSONDecodeError:
        try:
            said = json.loads(text, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            return None
    match said:
        case {"type": "subscribe", "id": str(id), "payload": dict()}:
            return id
        case _:
            return None


def serialize_message(payload: Any) -> bytes:
    """Return a payload as JSON; it may contain anything that a client has sent."""
    try:
        return orjson.dumps(payload)
    except TypeError:
        return json.dumps(payload).encode()
