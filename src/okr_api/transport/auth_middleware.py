"""HTTP middleware: authenticate by bearer token, enforce rate and body limits, mask errors, serve GraphiQL.

On WebSockets the token comes in `connection_init`.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from okr_api.auth.actor import Actor
from okr_api.auth.admission_control import AdmissionRejected
from okr_api.auth.token_rejection import TokenRejected
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.deadline import OperationState
from okr_api.graphql.error_codes import ErrorCode
from okr_api.okr.errors import Busy
from okr_api.pubsub.current_request import PendingRequest
from okr_api.store.entity_lookup import is_storable_text
from okr_api.transport import landing_page
from okr_api.transport.body_limits import (
    MAX_BODY_BYTES,
    BodyLimiter,
    HeldBody,
    TooLarge,
)
from okr_api.transport.graphiql import page
from okr_api.transport.http_protocol import connection_of
from okr_api.transport.http_responses import (
    error_response,
    header,
    mask_error,
    rejection_response,
)
from okr_api.transport.json_requests import PARSED
from okr_api.transport.rate_limit_fields import with_rate_limit
from okr_api.transport.request_id import request_id_of, with_request_id

METRICS = "/metrics"
BEARER = "bearer"
OPEN = frozenset({"/health/live", "/health/ready"})


def parse_bearer(value: Any) -> str | None:
    """Return the token of an Authorization value, `Bearer okr_…`; None if it has none."""
    if not isinstance(value, str):
        return None
    scheme, _, token = value.strip().partition(" ")
    token = token.strip()
    return token if scheme.lower() == BEARER and token and is_storable_text(token) else None


def token_from_connection_params(parameters: Mapping[str, Any] | None) -> str | None:
    """Return the token of `connection_init`, `{"Authorization": "Bearer okr_…"}`, the key in any case."""
    for name, value in (parameters or {}).items():
        if name.lower() == "authorization":
            return parse_bearer(value)
    return None


class AuthMiddleware:
    """ASGI middleware that authenticates requests and stores the actor in their state."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        path: str,
        bodies: BodyLimiter,
        graphiql: bool,
        metrics: bool,
        charging_paths: Collection[str] = (),
    ) -> None:
        self.app = app
        self.path = path
        self.bodies = bodies
        self.graphiql = graphiql
        self.charging_paths = frozenset(
            charging_paths
        )  # their routes check the rate limit, in their own form
        self.open = OPEN | {METRICS} if metrics else OPEN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; turn exceptions of the application into GraphQL error responses."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = with_rate_limit(scope, with_request_id(scope, send))
        try:
            await self._handle(scope, receive, send)
        except TooLarge:
            refusal = _too_large(scope)
        except AdmissionRejected as fault:
            refusal = rejection_response(scope, fault)
        except Exception as fault:  # noqa: BLE001  any exception is masked
            refusal = error_response(scope, 500, ErrorCode.INTERNAL, mask_error(fault))
        else:
            return
        connection = connection_of(scope)
        if connection is None or not connection.has_begun:
            await refusal(scope, receive, send)

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a public or authenticated request; serve the GraphiQL page to browsers."""
        if self._is_open(scope):
            await self.app(scope, receive, send)
            return
        if self._is_browser(scope):
            await page(self.path)(scope, receive, send)
            return
        refusal = await self._admit(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        state = scope["state"]
        operation_state: OperationState = state["operation_state"]
        operation_state.is_held, operation_state.left = True, partial(_disconnected, receive)
        body = HeldBody(self.bodies, state["actor"].token_id, receive)
        try:
            with PendingRequest(request_id_of(scope).decode()):
                await self.app(scope, body.receive, send)
            await _answer_read(scope)
        finally:  # the client has read the response or has disconnected
            operation_state.release()
            operation_state.left = None
            state.pop(PARSED, None)  # an idle connection keeps its latest scope
            body.release()

    def _is_open(self, scope: Scope) -> bool:
        """Return whether the request needs no token."""
        path: str = scope["path"]
        return (
            path in self.open
            or (path == landing_page.PATH and scope["method"] in {"GET", "HEAD"})
            or scope["method"] == "OPTIONS"
            or (self.graphiql and path.startswith(f"{self.path}/static/"))
        )

    def _is_browser(self, scope: Scope) -> bool:
        """Return whether a browser requests the GraphiQL page."""
        asks = self.graphiql and scope["method"] == "GET" and scope["path"] == self.path
        return asks and b"text/html" in header(scope, b"accept")

    async def _admit(self, scope: Scope) -> Response | None:
        """Authenticate the request and store its actor; return an error response on failure, else None."""
        app_services: AppServices = scope["app"].state.app_services
        token = parse_bearer(header(scope, b"authorization").decode("latin-1"))
        try:
            actor: Actor | None = await app_services.tokens.actor(token) if token else None
        except Busy as refusal:
            return error_response(scope, 503, ErrorCode.BUSY, refusal.message, **{"Retry-After": "1"})
        except TokenRejected as refusal:
            return _rejected(scope, refusal)
        except Exception as fault:  # noqa: BLE001  any exception is masked
            return error_response(scope, 503, ErrorCode.INTERNAL, mask_error(fault))
        if actor is None:
            message = (
                "The token is unknown, expired or revoked" if token else "Send Authorization: Bearer okr_…"
            )
            return error_response(
                scope, 401, ErrorCode.NOT_AUTHENTICATED, message, **{"WWW-Authenticate": "Bearer"}
            )
        scope.setdefault("state", {}).update(actor=actor, token=token, operation_state=OperationState())
        try:
            if scope["path"] not in self.charging_paths:
                app_services.rate_limiter.check(actor.token_id)
        except AdmissionRejected as refusal:
            return rejection_response(scope, refusal)
        length = header(scope, b"content-length")
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            return _too_large(scope)
        return None


async def _disconnected(receive: Receive) -> None:
    """Wait until the client disconnects; only one task may receive at a time."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer_read(scope: Scope) -> None:
    """Wait until most of the response has been read; until then its unread bytes count."""
    connection = connection_of(scope)
    if connection is None or not connection.flow.write_paused:
        return
    state, app_services = scope["state"], scope["app"].state.app_services
    state["operation_state"].release()
    with app_services.admission.unread(state["actor"], connection.transport.get_write_buffer_size()):
        await connection.flow.drain()


def _rejected(scope: Scope, refusal: TokenRejected) -> Response:
    """Return the response to a JSON Web Token that is invalid, or is of nobody who may sign in (RFC 6750)."""
    code = ErrorCode(refusal.code())
    status, error = (403, "insufficient_scope") if code is ErrorCode.FORBIDDEN else (401, "invalid_token")
    return error_response(
        scope, status, code, refusal.message, **{"WWW-Authenticate": f'Bearer error="{error}"'}
    )


def _too_large(scope: Scope) -> Response:
    return error_response(scope, 413, ErrorCode.TOO_LARGE, f"A request has at most {MAX_BODY_BYTES} bytes")
