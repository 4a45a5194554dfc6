"""Request id of a scope, from X-Request-Id or generated; a `send` that adds it, for `auth_middleware`."""

import re

from starlette.types import Message, Scope, Send

from okr_api.pubsub.current_request import new_request_id
from okr_api.transport.http_responses import header

REQUEST_ID = b"x-request-id"
MAX_REQUEST_ID_LENGTH = 200
PRINTABLE = re.compile(rb"[\x20-\x7e]{1,%d}" % MAX_REQUEST_ID_LENGTH)

KEPT = "okr.request_id"  # key in a scope


def request_id_of(scope: Scope) -> bytes:
    """Return the id of a request: its own if it has a printable one, else a new UUIDv7, always the same."""
    known: bytes | None = scope.get(KEPT)
    if known is None:
        own = header(scope, REQUEST_ID)
        known = scope[KEPT] = own if PRINTABLE.fullmatch(own) else new_request_id().encode()
    return known


def with_request_id(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds the request's id to the headers of its response."""

    async def send_with_id(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (REQUEST_ID, request_id_of(scope))]
            message = {**message, "headers": headers}
        await send(message)

    return send_with_id
