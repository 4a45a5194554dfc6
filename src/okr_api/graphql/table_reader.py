"""`TableReader`: rows of an exported table, page by page, each an operation of the actor like any other."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import nullcontext
from typing import Any

import orjson

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.context import Context
from okr_api.graphql.deadline import OperationState
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.execution.json_writer import dump_answer
from okr_api.graphql.exported_tables import MAX_EXPORT_PAGE_ROWS, ExportedTable
from okr_api.graphql.schema import schema
from okr_api.okr.errors import Busy

Row = list[Any]


class PageFailed(Busy):
    """A page of an export could not be read, so that the table ends before its last row."""

    @classmethod
    def code(cls) -> str:
        """Return the code of `Busy`, which clients know."""
        return Busy.code()


class TableReader:
    """Reader of tables for one actor. Pages are of successive instants; a page is of one.

    A page is charged, limited and filtered by permission as the same query from a client. Where the token's
    rate is exceeded, the reader waits. If operations are traced, a page is a span, below that of the headers.
    """

    def __init__(
        self,
        context: Context,
        compiled: CompiledExecutor | None = None,
        trace_headers: Mapping[str, str] | None = None,
    ) -> None:
        self.context = context
        self.compiled = compiled or CompiledExecutor(schema)
        self.trace_headers = trace_headers

    async def pages(self, table: ExportedTable) -> AsyncGenerator[list[Row], None]:
        """Yield the pages of a table, in the order of the API.

        Raises:
            NotAuthenticated: the token was revoked meanwhile.
            PageFailed: a page has an error.
        """
        after: str | None = None
        while True:
            found = await self._page(table, {"first": MAX_EXPORT_PAGE_ROWS, "after": after})
            yield [table.row(node) for node in found["nodes"]]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    async def _page(self, table: ExportedTable, variables: dict[str, Any]) -> dict[str, Any]:
        answer = await self._admitted(table.document, variables)
        found = (answer.get("data") or {}).get(table.name)
        if not isinstance(found, dict):
            messages = "; ".join(str(error["message"]) for error in answer.get("errors", ()))
            raise PageFailed(f"{table.name} could not be read to the end: {messages or 'no data'}")
        return found

    async def _admitted(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the response to a query; repeat one that was not admitted, once it may be."""
        while True:
            tracer = self.context.app_services.tracer
            try:
                with tracer.operation(self.trace_headers) if tracer else nullcontext():
                    return await self._answer(document, variables)
            except AdmissionRejected as refusal:
                await asyncio.sleep(refusal.retry_after_s)

    async def _answer(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the response to a query, as a client would parse it."""
        known = self.context
        context = Context(known.app_services, known.token, known.known_actor, OperationState())
        if known.token is not None:
            known.known_actor = await context.reauthenticate()
        context.operation_state.begin()
        answer = await self.compiled.answer(context, document, variables, None)
        if answer is not None:
            body = await dump_answer(answer.as_payload({}), context.answer_bytes)
            context.charge_response(len(body))
            parsed: dict[str, Any] = orjson.loads(body)
            return parsed
        result = await schema.execute(document, variable_values=variables, context_value=context)
        errors = [error.formatted for error in result.errors or ()]
        return {"data": result.data, "errors": errors}
