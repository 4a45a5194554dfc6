"""Refusals of MCP messages that the SDK does not see: JSON-RPC errors, results of calls at a rate limit."""

from typing import Any

from starlette.responses import JSONResponse

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.error_codes import ErrorCode
from okr_api.transport.json_requests import BadRequest, parse_json
from okr_api.transport.mcp.tool_results import retryable

TOOL_CALL = "tools/call"
RATE_LIMIT_EXCEEDED = -32010  # JSON-RPC leaves -32000 to -32099 to servers; the SDK's own are others


def rejection(status: int, number: int, code: ErrorCode, message: str) -> JSONResponse:
    """Return the JSON-RPC error to a message that was not read."""
    error = {"code": number, "message": message, "data": {"code": code}}
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, status)


def rate_limit_response(body: bytes, refusal: AdmissionRejected) -> JSONResponse | None:
    """Return the response to a request of a token that has exceeded its rate limit; None if it is no request.

    A tool call gets a result, which a model reads: most clients show it nothing of an error. Both have status
    200, as clients drop the body of others.
    """
    request = _request_of(body)
    if request is None:
        return None
    if request["method"] == TOOL_CALL:
        result = retryable(refusal).model_dump(by_alias=True, mode="json", exclude_none=True)
        outcome: dict[str, Any] = {"result": result}
    else:
        data = {"code": refusal.code(), "retryAfter": refusal.retry_after_s}
        outcome = {"error": {"code": RATE_LIMIT_EXCEEDED, "message": refusal.message, "data": data}}
    headers = {"Retry-After": str(refusal.retry_after_s), "Cache-Control": "no-store"}
    return JSONResponse({"jsonrpc": "2.0", "id": request["id"], **outcome}, headers=headers)


def _request_of(body: bytes) -> dict[str, Any] | None:
    """Return a JSON-RPC request with an id and a method; None for notifications and what is no message."""
    try:
        message = parse_json(body)
    except BadRequest:
        return None
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        return None
    is_request = type(message.get("id")) in {int, str} and message.get("jsonrpc") == "2.0"
    return message if is_request else None
