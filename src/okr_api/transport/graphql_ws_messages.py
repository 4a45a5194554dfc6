"""Messages of `graphql-transport-ws`: how they are understood, and written."""

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
    """A message that the protocol does not know: the socket is closed with its code and the reason."""

    def __init__(self, reason: str, code: int = 4400) -> None:
        super().__init__(reason)
        self.code = code


class Unreadable(Exception):
    """A `subscribe` message that is no strict JSON or nested too deep: the operation of its id is refused."""

    def __init__(self, id: str, fault: BadRequest) -> None:
        super().__init__(fault.message)
        self.id = id
        self.fault = fault


def parse_message(message: Message) -> Mapping[str, Any]:
    """Parse a message.

    Raises:
        Unreadable: it is not JSON, but the id of its operation can be made out.
        Misspoken: it is not in the protocol, or has too many lists and objects.
    """
    text = message.get("text")
    if text is None:
        raise ProtocolError("WebSocket message type must be text")
    try:
        said = parse_json(text, MESSAGE, max_depth=MAX_JSON_DEPTH + 1)
    except TooManyContainers as fault:  # whose id could only be found by what it is refused for
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
    """Return the id of the operation that a message begins, be it no strict JSON or nested too deep."""
    if len(text) > MAX_READ_AGAIN_CHARACTERS:
        return None
    try:
        said = orjson.loads(text)  # first, because it goes deeper
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
    """A payload as JSON, with whatever a client has sent in it."""
    try:
        return orjson.dumps(payload)
    except TypeError:
        return json.dumps(payload).encode()
