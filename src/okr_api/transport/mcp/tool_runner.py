"""Run MCP tools: execute a tool's document as an HTTP request would be, and return its result."""

from collections.abc import Mapping
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.context import Context
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.execution.json_writer import dump_answer
from okr_api.graphql.query_cost import TooComplex
from okr_api.graphql.schema import OkrSchema
from okr_api.okr.errors import Busy
from okr_api.transport.graphql_ws_messages import serialize_message
from okr_api.transport.mcp.default_idempotency_keys import DefaultIdempotencyKeys
from okr_api.transport.mcp.search_results import DERIVED_VARIABLES, PRESENTERS
from okr_api.transport.mcp.tool_catalog import IDEMPOTENCY_KEY, Tool
from okr_api.transport.mcp.tool_results import problem, result_of, retryable

MAX_QUOTED_CHARACTERS = 100  # of a name that is not known, in an error


class ToolRunner:
    """Runner of tools by the executor of HTTP requests: the same limits, costs and permissions apply."""

    def __init__(
        self,
        executor: CompiledExecutor,
        schema: OkrSchema,
        tools: Mapping[str, Tool],
        default_keys: DefaultIdempotencyKeys,
    ) -> None:
        self.executor = executor
        self.schema = schema
        self.tools = tools
        self.default_keys = default_keys

    async def call(self, context: Context, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """Return the result of a tool; a refusal is a result with `isError`.

        Raises:
            MCPError: there is no such tool.
        """
        tool = self.tools.get(name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"There is no tool {_quoted(name)}")
        if unknown := [one for one in arguments if one not in tool.arguments]:
            known = ", ".join(sorted(tool.arguments)) or "none"
            message = f"{name} has no argument {_quoted(unknown[0])}; its arguments: {known}"
            return problem(ErrorCode.BAD_USER_INPUT, message)
        try:
            derived = DERIVED_VARIABLES[name](arguments) if name in DERIVED_VARIABLES else {}
            return await self._result(context, tool, {**arguments, **derived})
        except AdmissionRejected as refusal:
            return retryable(refusal)
        except Busy as refusal:
            return problem(refusal.code(), refusal.message)

    async def _result(self, context: Context, tool: Tool, variables: dict[str, Any]) -> CallToolResult:
        if tool.writes and variables.get(IDEMPOTENCY_KEY) is None:
            variables.pop(IDEMPOTENCY_KEY, None)
            database, actor = context.app_services.database, context.actor
            values = self._values(context, tool, variables)
            variables[IDEMPOTENCY_KEY] = await self.default_keys.key_of(database, actor, tool.name, values)
        payload = await self._execute(context, tool, variables)
        try:
            body = await dump_answer(payload, context.answer_bytes)
        except TypeError:  # errors may contain anything that a client has sent
            body = serialize_message(payload)
        context.charge_response(len(body))
        if tool.name in PRESENTERS:
            return result_of(tool, context.actor, body, PRESENTERS[tool.name])
        return result_of(tool, context.actor, body)

    def _values(self, context: Context, tool: Tool, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the values that a call means, however it writes them; as sent if it will be rejected."""
        try:
            context.charge_inputs(variables)
        except TooComplex:
            return variables
        values = tool.coerce(self.executor.documents.core, variables)
        return variables if values is None else values

    async def _execute(self, context: Context, tool: Tool, variables: dict[str, Any]) -> dict[str, Any]:
        """Execute the document by its compiled plan, or by graphql-core; return the GraphQL response.

        Raises:
            AdmissionRejected: it was rejected before execution and may be retried.
        """
        answer = await self.executor.answer(context, tool.text, variables, None)
        if answer is not None:
            return answer.as_payload({})
        result = await self.schema.execute(tool.text, variable_values=variables, context_value=context)
        errors = [error.formatted for error in result.errors or ()]
        return {"data": result.data, **({"errors": errors} if errors else {})}


def _quoted(name: str) -> str:
    return repr(name[:MAX_QUOTED_CHARACTERS])
