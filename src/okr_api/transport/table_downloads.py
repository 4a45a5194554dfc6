"""Route `/export/{table}.csv`: download a table as CSV with an admin's token, streamed page by page."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from okr_api.auth.actor import Actor
from okr_api.auth.actor import Scope as TokenScope
from okr_api.graphql.context import Context
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.exported_tables import ExportedTable, exported_tables
from okr_api.graphql.table_reader import Row, TableReader
from okr_api.okr.errors import Forbidden
from okr_api.services.table_export.csv_writer import csv_head, csv_rows
from okr_api.transport.connection_limits import OpenLimiter
from okr_api.transport.http_responses import error_response
from okr_api.transport.open_telemetry import trace_headers

EXPORT_PATH = "/export/{table}.csv"
MAX_EXPORTS_PER_TOKEN = 1
MAX_EXPORTS = 4  # of a process at a time
EXPORT_TIMEOUT_S = 600
CSV = "text/csv; charset=utf-8"


class CountedResponse(StreamingResponse):
    """Streaming response that is counted by a limiter until it has ended, however that is.

    It is released before its end is sent, so that a client that has seen the end can send another request.
    """

    def __init__(self, limiter: OpenLimiter, key: UUID, body: AsyncIterator[bytes], **more: Any) -> None:
        super().__init__(self._released_after(body), **more)
        self.limiter, self.key, self.is_counted = limiter, key, True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()

    async def _released_after(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for part in body:
            yield part
        self._release()

    def _release(self) -> None:
        if self.is_counted:
            self.is_counted = False
            self.limiter.release(self.key)


class TableDownloads:
    """Downloads of tables, limited by token and in all."""

    def __init__(self, compiled: CompiledExecutor) -> None:
        self.compiled = compiled
        self.limiter = OpenLimiter(MAX_EXPORTS_PER_TOKEN)

    def route(self) -> Route:
        """Return the route."""
        return Route(EXPORT_PATH, self.answer, methods=["GET"])

    async def answer(self, request: Request) -> Response:
        """Respond with a table, or with the error that is known before its first byte."""
        scope, state = request.scope, request.scope["state"]
        actor: Actor = state["actor"]
        table = exported_tables().get(request.path_params["table"])
        if table is None:
            message = f"There is no table of that name; there are {', '.join(exported_tables())}"
            return error_response(scope, 404, ErrorCode.NOT_FOUND, message)
        try:
            actor.must(TokenScope.ADMIN)
        except Forbidden as refusal:
            return error_response(scope, 403, ErrorCode.FORBIDDEN, refusal.message)
        headers = {
            "Content-Disposition": f'attachment; filename="{table.name}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if request.method == "HEAD":
            return Response(None, 200, headers, CSV)
        if self.limiter.open.total() >= MAX_EXPORTS or not self.limiter.acquire(actor.token_id):
            message = f"A token has {MAX_EXPORTS_PER_TOKEN} export at a time, a process {MAX_EXPORTS}"
            return error_response(scope, 429, ErrorCode.RATE_LIMITED, message, **{"Retry-After": "5"})
        context = Context(request.app.state.app_services, state["token"], actor)
        body = self._body(TableReader(context, self.compiled, trace_headers(scope)), table)
        return CountedResponse(self.limiter, actor.token_id, body, headers=headers, media_type=CSV)

    async def _body(self, reader: TableReader, table: ExportedTable) -> AsyncIterator[bytes]:
        """Yield the header and the pages of a table.

        An error after the first byte cannot be told in the response: it ends without its last chunk, so that
        clients know that it is incomplete.
        """
        ends_at = asyncio.get_running_loop().time() + EXPORT_TIMEOUT_S
        yield csv_head(table.columns)
        async with aclosing(reader.pages(table)) as pages:
            while (page := await self._next(pages, ends_at)) is not None:
                yield csv_rows(page)

    @staticmethod
    async def _next(pages: AsyncGenerator[list[Row], None], ends_at: float) -> list[Row] | None:
        """Return the next page, or None after the last; raise `TimeoutError` after the deadline."""
        async with asyncio.timeout_at(ends_at):
            return await anext(pages, None)
