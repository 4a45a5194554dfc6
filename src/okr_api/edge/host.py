"""The host: FastAPI behind our own way in.

What every request meets first stands before the framework: the door, and the lean way, which answers most of
them. What other sites may read of an answer is looked after only where another site asks.
"""

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from okr_api.edge.door import Door, header
from okr_api.edge.lean import Lean
from okr_api.edge.texts import Texts
from okr_api.graphql.compiled import Compiled


class Host(FastAPI):
    """A FastAPI application that is reached through the door."""

    def __init__(
        self,
        *,
        path: str,
        compiled: Compiled,
        texts: Texts,
        graphiql: bool,
        metrics: bool,
        allowed_origins: Collection[str],
        **more: Any,
    ) -> None:
        super().__init__(docs_url=None, redoc_url=None, openapi_url=None, **more)
        lean = Lean(super().__call__, path=path, compiled=compiled, texts=texts)
        self.door = Door(lean, path=path, graphiql=graphiql, metrics=metrics)
        self.cross_origin = CORSMiddleware(
            self.door,
            allow_origins=list(allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything comes by here."""
        scope["app"] = self
        from_elsewhere = scope["type"] == "http" and header(scope, b"origin")
        await (self.cross_origin if from_elsewhere else self.door)(scope, receive, send)
