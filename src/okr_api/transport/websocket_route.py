"""WebSocket route: check origin and subprotocol, then run a `graphql_ws` session until the socket closes."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from okr_api.graphql.context import Context
from okr_api.transport.graphql_ws import GraphQLWebSocketSession
from okr_api.transport.streamed_operation import Executors
from okr_api.transport.token_revalidation import TokenRevalidator
from okr_api.transport.websocket_protocol import EXTENSION, BufferedWebSocket

CONNECTION_INIT_WITHIN = timedelta(seconds=10)

log = logging.getLogger(__name__)


class WebSocketRoute(BaseRoute):
    """Route of WebSockets, with all open sessions."""

    def __init__(
        self, path: str, executors: Executors, watch: TokenRevalidator, allowed_origins: Sequence[str] = ()
    ) -> None:
        self.path = path
        self.executors = executors
        self.watch = watch
        self.allowed_origins = normalize_allowed_origins(allowed_origins)
        self.conversations: set[GraphQLWebSocketSession] = set()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match WebSockets on the path."""
        mine = scope["type"] == "websocket" and scope["path"] == self.path
        return (Match.FULL if mine else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept a socket and run its session until it is closed."""
        await receive()  # the `websocket.connect` message
        wire = scope.get("extensions", {}).get(EXTENSION)
        if not isinstance(wire, BufferedWebSocket):
            log.error("WebSockets need okr_api.transport.http_protocol.PROTOCOLS, as in `okr-api serve`")
        if not isinstance(wire, BufferedWebSocket) or not self._is_allowed(Headers(scope=scope)):
            await send({"type": "websocket.close"})
            return
        if GRAPHQL_TRANSPORT_WS_PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            wire.end(4406, "Subprotocol not acceptable")
            return
        await send({"type": "websocket.accept", "subprotocol": GRAPHQL_TRANSPORT_WS_PROTOCOL})
        session = GraphQLWebSocketSession(wire, Context(scope["app"].state.app_services), self.executors)
        self.conversations.add(session)
        self.watch.holders.add(session)
        try:
            await session.run(receive, CONNECTION_INIT_WITHIN.total_seconds())
        finally:
            self.conversations.discard(session)
            self.watch.holders.discard(session)

    def _is_allowed(self, headers: Headers) -> bool:
        """Return whether the origin may open a socket; a client without one is not a browser, and may."""
        origin = headers.get("origin")
        if origin is None or "*" in self.allowed_origins:
            return True
        same = headers.get("sec-fetch-site") == "same-origin" or is_same_origin(origin, headers.get("host"))
        return same or normalize_origin(origin) in self.allowed_origins
