"""Request bodies: receive one as a whole, and replay it for the application behind a middleware."""

from starlette.types import Message, Receive


async def receive_body(receive: Receive) -> bytes:
    """Return the whole body of a request."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts = [body]
        while message.get("more_body"):
            message = await receive()
            parts.append(message.get("body", b""))
        body = b"".join(parts)
    return body


def replayed_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` callable that replays the body."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
