"""GraphiQL: the page that a browser gets at the path of the endpoint, and its static files.

Everything the page needs is in `static/` and ships in the wheel; nothing is loaded from another host, which
the page's Content-Security-Policy enforces. `make graphiql` builds the folder from `graphiql/` in the
repository.
"""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from okr_api.graphql.error_codes import ErrorCode
from okr_api.transport.http_responses import error_response

STATIC = Path(__file__).parent / "static"

_TYPES = {  # not the system's table: on Windows a script may be text/plain
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_PAGE_HEADERS = {
    # Styles: the editor writes measurements into style attributes. Images: its underlines are data: URLs.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}


def page(path: str = "/graphql") -> HTMLResponse:
    """Return the page for a browser's GET of `path`; it sends operations to the URL it was loaded from."""
    return HTMLResponse(_html(path.rpartition("/")[2]), headers=_PAGE_HEADERS)


def graphiql_routes(path: str = "/graphql") -> list[BaseRoute]:
    """Return the routes of the page's scripts and styles, under `path`/static/."""
    return [Route(f"{path}/static/{{name}}", _asset, name="graphiql-static")]


@cache
def _html(folder: str) -> str:
    # A relative link also works behind a proxy that serves the API under a prefix.
    return (STATIC / "index.html").read_text("utf-8").replace("%STATIC%", f"{folder}/static")


@cache
def _assets() -> dict[str, Path]:
    return {file.name: file for file in STATIC.iterdir() if file.suffix in _TYPES}


async def _asset(request: Request) -> Response:
    file = _assets().get(request.path_params["name"])
    if file is None:
        return error_response(
            request.scope, 404, ErrorCode.NOT_FOUND, f"{request.url.path} is none of GraphiQL's files"
        )
    # Each name contains a hash of the content, except those of the licences.
    lasting = "public, max-age=31536000, immutable" if file.suffix != ".txt" else "no-cache"
    headers = {"Cache-Control": lasting, "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, headers=headers, media_type=_TYPES[file.suffix])
