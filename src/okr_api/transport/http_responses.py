"""HTTP responses in GraphQL's form: errors as JSON, in the media type that the client accepts."""

import json
import logging
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from okr_api.auth.admission_control import AdmissionRejected, RateLimited
from okr_api.graphql.errors import BAD_REQUEST, MASKED

GRAPHQL_JSON = "application/graphql-response+json"
GRAPHQL_JSON_BYTES = GRAPHQL_JSON.encode()
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
TOO_LARGE = "TOO_LARGE"
CODES = {404: "NOT_FOUND"}  # by status, of what no GraphQL request has to do with; others are BAD_REQUEST

HEADERS = "okr.headers"  # in a scope: its headers by name

log = logging.getLogger(__name__)


def header(scope: Scope, name: bytes) -> bytes:
    """The value of a header, by its name in lower case; empty where there is none."""
    known: dict[bytes, bytes] | None = scope.get(HEADERS)
    if known is None:
        known = scope[HEADERS] = dict(reversed(scope["headers"]))  # of several, the first
    return known.get(name, b"")


def media_type(scope: Scope) -> str:
    """Return the media type of a JSON response: the newer one for clients that accept it."""
    return GRAPHQL_JSON if GRAPHQL_JSON_BYTES in header(scope, b"accept") else JSON


def error_response(scope: Scope, status: int, code: str, message: str, **headers: str) -> Response:
    """Return a response in GraphQL's own form, for what is refused before execution."""
    return errors_response(scope, status, [{"message": message, "extensions": {"code": code}}], **headers)


def errors_response(scope: Scope, status: int, found: list[Any], **headers: str) -> Response:
    """Return a response that has nothing but errors."""
    headers = {"Cache-Control": "no-store", **headers}
    return JSONResponse({"errors": found}, status, headers, media_type=media_type(scope))


def rejection_response(scope: Scope, refusal: AdmissionRejected) -> Response:
    """Return the response to a request that may be sent again later."""
    status = 429 if isinstance(refusal, RateLimited) else 503
    headers = {"Retry-After": str(refusal.retry_after_s)}
    return error_response(scope, status, refusal.code(), refusal.message, **headers)


def raw_error(status: HTTPStatus, code: str, message: str) -> bytes:
    """Return a whole HTTP response with an error, after which the connection is closed."""
    body = json.dumps({"errors": [{"message": message, "extensions": {"code": code}}]}).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {JSON}\r\ncontent-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body


def raw_bad_request(message: str) -> bytes:
    """Return a whole HTTP response, for what is no request that an application could be handed."""
    return raw_error(HTTPStatus.BAD_REQUEST, BAD_REQUEST, message)


def mask_error(fault: BaseException) -> str:
    """What a client is told of a fault; the log tells the rest under the same reference."""
    reference = uuid4().hex
    log.error("%s before GraphQL", reference, exc_info=fault)
    return f"{MASKED}: {reference}"
