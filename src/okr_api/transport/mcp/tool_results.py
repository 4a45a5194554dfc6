"""Results of MCP tools: data as JSON, and refusals as results with `isError`, which a model can act on."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from mcp_types import CallToolResult, TextContent

from okr_api.auth.actor import Actor, Scope
from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.error_codes import ErrorCode
from okr_api.okr.policy import SUFFICIENT
from okr_api.transport.mcp.tool_catalog import Tool

MAX_TOOL_RESULT_BYTES = 128 * 1024  # about 40,000 tokens of a model; it is also serialised more than once
TOO_LARGE = f"The result has more than {MAX_TOOL_RESULT_BYTES} bytes. Ask for less"

Present = Callable[[dict[str, Any]], dict[str, Any]]


def success(data: Any, text: bytes, note: str = "") -> CallToolResult:
    """Return data as a result: as text, which every client reads, and structured."""
    content = [TextContent(type="text", text=text.decode())]
    if note:
        content.append(TextContent(type="text", text=note))
    return CallToolResult(content=list(content), structured_content=data)


def failure(errors: Sequence[dict[str, Any]], **more: Any) -> CallToolResult:
    """Return errors as a result: a sentence for each, and structured."""
    said = "\n".join(f"{error['code']}: {error['message']}" for error in errors)
    if held := more.get("scopes"):
        said += f"\nScope needed: {held['needed']}. Scopes of this token: {', '.join(held['held'])}."
    return CallToolResult(
        content=[TextContent(type="text", text=said)],
        structured_content={"errors": list(errors), **more},
        is_error=True,
    )


def problem(code: str, message: str, **more: Any) -> CallToolResult:
    """Return one error as a result."""
    return failure([{"code": code, "message": message, **more}])


def retryable(refusal: AdmissionRejected) -> CallToolResult:
    """Return the result of a call that was rejected before execution: it says when to try again."""
    message = f"{refusal.message}. Try again in {refusal.retry_after_s} seconds"
    return problem(refusal.code(), message, retryAfter=refusal.retry_after_s)


def result_of(tool: Tool, actor: Actor, body: bytes, present: Present | None = None) -> CallToolResult:
    """Return the result of a GraphQL response in JSON; `present` gives its data another form.

    It is an error if the response has errors, if a mutation was rejected, or if a query found nothing. What a
    mutation returns is bounded by its input, so that it is never too large.
    """
    if len(body) > MAX_TOOL_RESULT_BYTES and not tool.writes:
        return problem(ErrorCode.TOO_LARGE, f"{TOO_LARGE}: a smaller `first`, or a team, a person or a depth")
    payload = orjson.loads(body)
    data: dict[str, Any] = payload.get("data") or {}
    errors = [_error(one) for one in payload.get("errors") or ()]
    if tool.writes:
        errors += [one for root in data.values() if root for one in root["errors"]]
    if errors:
        return failure(errors, **_scopes(tool, actor, errors))
    if all(root is None for root in data.values()):
        return problem(ErrorCode.NOT_FOUND, "There is nothing of this id, or this token may not see it")
    shown = present(data) if present else data
    return success(shown, orjson.dumps(shown), _note(tool, data))


def _error(error: dict[str, Any]) -> dict[str, Any]:
    """Return a top-level GraphQL error in the form of a payload's: code, message, path."""
    more = {key: one for key, one in (error.get("extensions") or {}).items() if key != "code"}
    code = (error.get("extensions") or {}).get("code", ErrorCode.INTERNAL)
    return {"code": code, "message": error["message"], "path": error.get("path") or [], **more}


def _scopes(tool: Tool, actor: Actor, errors: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the scopes held and needed, if the token was refused because it lacks the tool's scope."""
    is_forbidden = any(error["code"] == ErrorCode.FORBIDDEN for error in errors)
    if not is_forbidden or not actor.scopes.isdisjoint(SUFFICIENT[tool.scope]):
        return {}
    held = [str(scope) for scope in Scope if scope in actor.scopes]
    return {"scopes": {"held": held, "needed": str(tool.scope)}}


def _note(tool: Tool, data: dict[str, Any]) -> str:
    """Return what a client is told about a call that was counted before."""
    if tool.writes and any(root["replayed"] for root in data.values()):
        return (
            "This call repeats an earlier one with the same arguments and was counted once: nothing was done "
            "now. If it is meant to be done again, send another idempotencyKey."
        )
    return ""
