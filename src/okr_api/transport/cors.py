"""CORS middleware: allowed origins and headers; a rejected preflight names the setting to change."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from okr_api.graphql.error_codes import ErrorCode

# Headers that GraphQL clients, MCP clients and browser tracing tools send by default.
DEFAULT_HEADERS = (
    "authorization",
    "content-type",
    "last-event-id",
    "apollographql-client-name",
    "apollographql-client-version",
    "apollo-require-preflight",
    "x-apollo-operation-name",
    "x-apollo-operation-id",
    "x-apollo-operation-type",
    "graphql-client-name",
    "graphql-client-version",
    "graphql-require-preflight",
    "x-graphql-client-name",
    "x-graphql-client-version",
    "x-requested-with",
    "x-request-id",
    "cache-control",
    "traceparent",
    "tracestate",
    "baggage",
    "sentry-trace",
    "mcp-protocol-version",
    "mcp-session-id",
    "mcp-method",
    "mcp-name",
)


class CrossOriginMiddleware(CORSMiddleware):
    """Starlette's CORS middleware, with `DEFAULT_HEADERS` allowed and rejections as GraphQL errors."""

    def __init__(self, app: ASGIApp, origins: Collection[str], headers: Collection[str]) -> None:
        super().__init__(
            app,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=[*DEFAULT_HEADERS, *headers],
            expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"],
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Respond to a preflight; a rejection says what is not allowed and which setting allows it."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        message = self._refusal(request_headers)
        kept = {key: value for key, value in response.headers.items() if not key.startswith("content-")}
        errors = [{"message": message, "extensions": {"code": ErrorCode.BAD_REQUEST}}]
        return JSONResponse({"errors": errors}, response.status_code, kept)

    def _refusal(self, asked: Headers) -> str:
        origin = asked["origin"]
        if not self.is_allowed_origin(origin):
            return f"The origin {origin} is not allowed: add it to OKR_ALLOWED_ORIGINS"
        if asked["access-control-request-method"] not in self.allow_methods:
            return "Cross-origin requests must use GET or POST"
        names = [name.strip() for name in asked.get("access-control-request-headers", "").lower().split(",")]
        refused = ", ".join(name for name in names if name not in self.allow_headers)
        return f"Headers that are not allowed: {refused}; add them to OKR_ALLOWED_HEADERS"
