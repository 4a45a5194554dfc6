"""Parse and check GraphQL requests (JSON bodies, URL parameters), within limits, for every transport."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from okr_api.graphql.error_codes import ErrorCode
from okr_api.transport.persisted_documents import DocumentRejected

MAX_JSON_DEPTH = 64
MAX_JSON_CONTAINERS = 20_000  # twice the values allowed in variables; a million bytes could hold 350,000
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # an unterminated one is scanned once
NUMBERS_ARE_FINITE = ", whose numbers are finite: it knows no NaN, no Infinity and nothing beyond 1.8e308"
NOT_FINITE = ("NaN", "Infinity")
BODY = "The body"
PARSED = "parsed_request"  # key in a request's state
PARAMETERS: Mapping[str, tuple[type, str]] = {
    "query": (str, "text"),
    "variables": (dict, "an object"),
    "operationName": (str, "text"),
    "extensions": (dict, "an object"),
}


class BadRequest(DocumentRejected):
    """Malformed request; over HTTP the status is 400, whatever the client accepts."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.BAD_REQUEST) -> None:
        super().__init__(code, message)


class TooManyContainers(BadRequest):
    """Request with more than `MAX_JSON_CONTAINERS` lists and objects; it is not parsed."""

    def __init__(self, what: str, found: int) -> None:
        limit = f"at most {MAX_JSON_CONTAINERS} are allowed"
        super().__init__(f"{what} has {found} lists and objects, and {limit}", ErrorCode.TOO_COMPLEX)


def parse_json(data: bytes | str, what: str = BODY, *, max_depth: int = MAX_JSON_DEPTH) -> Any:
    """Parse strict JSON with a limited depth and a limited number of lists and objects.

    Raises:
        TooManyContainers: the data has too many lists and objects.
        BadRequest: the data is not JSON or is nested too deep.
    """
    opened = _opened(data)
    if opened > MAX_JSON_CONTAINERS:
        raw = data.encode(errors="replace") if isinstance(data, str) else data
        opened = _opened(STRING.sub(b"", raw))  # brackets in strings do not count
        if opened > MAX_JSON_CONTAINERS:
            raise TooManyContainers(what, opened)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as fault:
        about_numbers = "infinity" in fault.msg or fault.doc.startswith(NOT_FINITE, fault.pos)
        hint = NUMBERS_ARE_FINITE if about_numbers else ""
        raise BadRequest(f"{what} is not JSON{hint}: {fault}") from None
    if opened > max_depth and _depth_of(value) > max_depth:
        raise BadRequest(f"{what} is nested deeper than {MAX_JSON_DEPTH} levels")
    return value


def _opened(data: bytes | str) -> int:
    """Return the number of opening brackets, including those in strings."""
    if isinstance(data, str):
        return data.count("{") + data.count("[")
    return data.count(b"{") + data.count(b"[")


def _depth_of(value: Any) -> int:
    """Return how deep lists and objects are nested, without recursion."""
    depth, level = 0, [value] if isinstance(value, dict | list) else []
    while level:
        depth += 1
        level = [
            inner
            for one in level
            for inner in (one.values() if type(one) is dict else one)
            if type(inner) is list or type(inner) is dict
        ]
    return depth


def parse_request(body: bytes) -> dict[str, Any]:
    """Parse the body of a POST and check its parameters.

    Raises:
        BadRequest: it is not a GraphQL request.
    """
    request: dict[str, Any] = parse_json(body)
    check_parameters(request)
    return request


def parse_parameters(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Parse the URL parameters of a GET and check them.

    Raises:
        BadRequest: they are not a GraphQL request.
    """
    sent: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if text := sent.pop(name, None):
            sent[name] = parse_json(text, name, max_depth=MAX_JSON_DEPTH - 1)
    check_parameters(sent)
    return sent


def check_parameters(request: Any, what: str = BODY) -> None:
    """Check that a request is an object whose parameters have the right types.

    Raises:
        BadRequest: it is not.
    """
    if not isinstance(request, dict):
        batch = "; send the operations of a batch one by one" if isinstance(request, list) else ""
        raise BadRequest(f'{what} is an object such as {{"query": "{{ seq }}"}}{batch}')
    for name, value in request.items():
        if value is not None and name in PARAMETERS and not isinstance(value, PARAMETERS[name][0]):
            raise BadRequest(f"{name} must be {PARAMETERS[name][1]}, or be left out")


def check_query_string(query_string: bytes) -> None:
    """Check that a query string is UTF-8; Starlette would replace invalid bytes.

    Raises:
        BadRequest: it is not.
    """
    try:
        unquote_to_bytes(query_string).decode()
    except UnicodeDecodeError as fault:
        raise BadRequest(f"The URL is not UTF-8: {fault.reason} after {fault.start} bytes") from None
