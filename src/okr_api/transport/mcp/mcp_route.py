"""Route `/mcp`: streamable HTTP without sessions and without streams; limits on what clients send."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import INVALID_REQUEST, PARSE_ERROR
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.schema import OkrSchema
from okr_api.transport.http_responses import header
from okr_api.transport.json_requests import BadRequest, parse_json
from okr_api.transport.mcp.default_idempotency_keys import DefaultIdempotencyKeys
from okr_api.transport.mcp.mcp_server import create_server
from okr_api.transport.mcp.message_refusals import rate_limit_response, rejection
from okr_api.transport.mcp.tool_catalog import load_tools
from okr_api.transport.mcp.tool_runner import ToolRunner
from okr_api.transport.request_bodies import receive_body, replayed_body

MCP_PATH = "/mcp"
MAX_MCP_BODY_BYTES = 128 * 1024  # the SDK parses and validates a message several times
MCP_REQUEST_COST = 200  # of each message besides a tool's operation: the list of tools takes as long
MESSAGE_BYTES_PER_COST = 250


class McpEndpoint:
    """ASGI application behind `AuthMiddleware`: checks a message, then the SDK handles it.

    A message is answered in the response to its POST, as JSON. There are no sessions, so that any server
    process answers any message, and no event streams, so that a client holds a socket no longer than one
    operation takes.
    """

    def __init__(self, server: Server[Any], allowed_origins: Collection[str]) -> None:
        self.allowed_origins = frozenset(allowed_origins)
        self._manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=MAX_MCP_BODY_BYTES
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve messages for as long as the context lasts; it is entered once."""
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one message.

        Raises:
            AdmissionRejected: the token has exceeded its rate limit, and the message is no request.
        """
        origin = header(scope, b"origin").decode("latin-1").lower()
        if origin and self.allowed_origins.isdisjoint(("*", origin)):
            message = f"The origin {origin} is not allowed: add it to OKR_ALLOWED_ORIGINS"
            await rejection(403, INVALID_REQUEST, ErrorCode.FORBIDDEN, message)(scope, receive, send)
            return
        body = await receive_body(receive)
        state, app_services = scope["state"], scope["app"].state.app_services
        state["operation_state"].begin()
        cost = MCP_REQUEST_COST + len(body) // MESSAGE_BYTES_PER_COST
        try:
            app_services.rate_limiter.reserve(state["actor"].token_id, cost)
        except AdmissionRejected as refusal:
            response = rate_limit_response(body, refusal) if len(body) <= MAX_MCP_BODY_BYTES else None
            if response is None:
                raise
            await response(scope, receive, send)
            return
        if len(body) > MAX_MCP_BODY_BYTES:
            message = f"A message has at most {MAX_MCP_BODY_BYTES} bytes"
            await rejection(413, INVALID_REQUEST, ErrorCode.TOO_LARGE, message)(scope, receive, send)
            return
        try:
            parse_json(body)
        except BadRequest as fault:
            number = PARSE_ERROR if fault.code == ErrorCode.BAD_REQUEST else INVALID_REQUEST
            await rejection(400, number, fault.code, fault.message)(scope, receive, send)
            return
        await self._manager.handle_request(scope, replayed_body(body, receive), send)


def mcp_endpoint(
    executor: CompiledExecutor, schema: OkrSchema, allowed_origins: Collection[str]
) -> McpEndpoint:
    """Return the endpoint with all tools of the catalogue."""
    tools = load_tools(executor.documents.core)
    runner = ToolRunner(executor, schema, tools, DefaultIdempotencyKeys())
    return McpEndpoint(create_server(runner), allowed_origins)


def mcp_route(endpoint: McpEndpoint) -> Route:
    """Return the route; other methods than POST, which would open a stream or end a session, get a 405."""
    return Route(MCP_PATH, endpoint, methods=["POST"])
