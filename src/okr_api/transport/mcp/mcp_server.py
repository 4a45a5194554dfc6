"""MCP server of the official SDK (low-level): its name, instructions, list of tools and tool calls."""

from collections.abc import Mapping
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    ToolAnnotations,
)
from mcp_types import Tool as ListedTool

from okr_api import __version__
from okr_api.transport.endpoint import context_of
from okr_api.transport.mcp.tool_catalog import Tool
from okr_api.transport.mcp.tool_runner import ToolRunner
from okr_api.transport.open_telemetry import traced

INSTRUCTIONS = """Objectives and key results (OKRs) of one organisation. An objective says what is to be
achieved in a cycle, its key results measure it, and a check-in records what was measured; the progress of
everything above is computed from it.

Call `get_viewer` first: it returns the current cycle and the scopes of the token. Find ids with `search`,
`list_objectives` or `get_objective_tree`. Progress, confidence and scores are fractions from 0 to 1. Tools
that change something count a repeated call with the same arguments once within ten minutes; to repeat a
change on purpose, or to retry later, send an `idempotencyKey` of your own."""


def create_server(runner: ToolRunner) -> Server[Any]:
    """Return the server, whose tools are those of the runner."""
    listed = ListToolsResult(tools=[listing_of(tool) for tool in runner.tools.values()])

    async def list_tools(
        _: ServerRequestContext[Any, Any], __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return listed

    async def call_tool(
        context: ServerRequestContext[Any, Any], call: CallToolRequestParams
    ) -> CallToolResult:
        request = context.request
        assert request is not None, "streamable HTTP has a request for each message"
        asked = await context_of(request)
        with traced(asked.app_services.tracer, request.scope):
            return await runner.call(asked, call.name, call.arguments or {})

    def without_header_arguments(_: str) -> Mapping[str, Any] | None:
        """Return None: no argument of a tool is sent in a header as well."""

    server: Server[Any] = Server(
        "okr-api",
        version=__version__,
        title="OKR API",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=without_header_arguments,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    server.middleware.clear()  # the SDK's own spans; the service has its own, which contain no values
    return server


def listing_of(tool: Tool) -> ListedTool:
    """Return what clients are told about a tool."""
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        annotations=ToolAnnotations(
            title=tool.title,
            read_only_hint=not tool.writes,
            destructive_hint=tool.is_destructive,
            idempotent_hint=True,  # writes have an idempotency key by default
            open_world_hint=False,
        ),
    )
