"""`RateLimit` and `RateLimit-Policy` header fields (draft-ietf-httpapi-ratelimit-headers-10) of responses."""

from functools import cache
from uuid import UUID

from starlette.types import Message, Scope, Send

from okr_api.auth.rate_limit import BURST_S, RateLimiter

LEFT_FIELD = b"ratelimit"
POLICY_FIELD = b"ratelimit-policy"
RETRY_FIELD = b"retry-after"
TOO_MANY_REQUESTS = 429


@cache
def _policy(quota: int) -> bytes:
    """Return the policy: the quota is the cost that fits into a bucket, which empties in the window."""
    return b'"token";q=%d;w=%d;qu="cost"' % (quota, BURST_S)


@cache
def _policy_line(quota: int) -> bytes:
    return b"ratelimit-policy: %b\r\n" % _policy(quota)


def rate_limit_lines(limiter: RateLimiter, token_id: UUID) -> bytes:
    """Return both fields as lines of a head, for a response in one write; empty if there is no limit."""
    if not limiter.rate:
        return b""
    room, wait_s = limiter.quota(token_id)
    return b'ratelimit: "token";r=%d;t=%d\r\n%b' % (room, wait_s, _policy_line(limiter.most))


def with_rate_limit(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds both fields to the response of an authenticated request."""

    async def send_with_fields(message: Message) -> None:
        actor = scope.get("state", {}).get("actor")
        if actor is not None and message["type"] == "http.response.start":
            limiter: RateLimiter = scope["app"].state.app_services.rate_limiter
            if limiter.rate:
                headers = [*message.get("headers", ())]
                room, wait_s = limiter.quota(actor.token_id)
                if message["status"] == TOO_MANY_REQUESTS and not room:  # not one computed later
                    wait_s = int(dict(headers).get(RETRY_FIELD, b"%d" % wait_s))
                headers.append((LEFT_FIELD, b'"token";r=%d;t=%d' % (room, wait_s)))
                headers.append((POLICY_FIELD, _policy(limiter.most)))
                message = {**message, "headers": headers}
        await send(message)

    return send_with_fields
