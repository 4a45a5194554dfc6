"""HTTP helpers: error responses in GraphQL's form and media type, request headers, masked errors."""

import json
import logging
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from okr_api.auth.admission_control import AdmissionRejected, RateLimited
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.errors import MASKED

GRAPHQL_JSON = "application/graphql-response+json"
GRAPHQL_JSON_BYTES = GRAPHQL_JSON.encode()
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
CODES = {404: ErrorCode.NOT_FOUND}  # by status, outside the GraphQL endpoint; others are BAD_REQUEST

HEADERS = "okr.headers"  # key in a scope of its headers by name

log = logging.getLogger(__name__)


def header(scope: Scope, name: bytes) -> bytes:
    """Return the value of a header by its lower-case name; empty if it is absent."""
    known: dict[bytes, bytes] | None = scope.get(HEADERS)
    if known is None:
        known = scope[HEADERS] = dict(reversed(scope["headers"]))  # of repeated headers the first
    return known.get(name, b"")


def media_type(scope: Scope) -> str:
    """Return the media type of a JSON response: `GRAPHQL_JSON` for clients that accept it."""
    return GRAPHQL_JSON if GRAPHQL_JSON_BYTES in header(scope, b"accept") else JSON


def error_response(scope: Scope, status: int, code: ErrorCode, message: str, **headers: str) -> Response:
    """Return a GraphQL error response to a request that is rejected before execution."""
    return errors_response(scope, status, [{"message": message, "extensions": {"code": code}}], **headers)


def errors_response(scope: Scope, status: int, found: list[Any], **headers: str) -> Response:
    """Return a GraphQL response with nothing but errors."""
    headers = {"Cache-Control": "no-store", **headers}
    return JSONResponse({"errors": found}, status, headers, media_type=media_type(scope))


def rejection_response(scope: Scope, refusal: AdmissionRejected) -> Response:
    """Return the 429 or 503 response, with Retry-After, to a request that may be retried."""
    status = 429 if isinstance(refusal, RateLimited) else 503
    headers = {"Retry-After": str(refusal.retry_after_s)}
    return error_response(scope, status, ErrorCode(refusal.code()), refusal.message, **headers)


def raw_error(status: HTTPStatus, code: ErrorCode, message: str) -> bytes:
    """Return a complete HTTP error response, after which the caller closes the connection."""
    body = json.dumps({"errors": [{"message": message, "extensions": {"code": code}}]}).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {JSON}\r\ncontent-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body


def raw_bad_request(message: str) -> bytes:
    """Return a complete 400 response, for input that cannot be passed to the application."""
    return raw_error(HTTPStatus.BAD_REQUEST, ErrorCode.BAD_REQUEST, message)


def mask_error(fault: BaseException) -> str:
    """Log an unexpected error and return the masked message with its reference id."""
    reference = uuid4().hex
    log.error("Internal error %s before GraphQL execution", reference, exc_info=fault)
    return f"{MASKED}: {reference}"
