"""The GraphiQL page: what a browser sees at the address of the API.

Everything the page needs lies in `static/` and ships in the wheel; nothing comes from another host, and the
page's Content-Security-Policy holds it to that. `make graphiql` makes the folder, from `graphiql/` in the
repository.
"""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from okr_api.transport.http_responses import error_response

STATIC = Path(__file__).parent / "static"

_TYPES = {  # not from the machine's own table: Windows may call a script text/plain
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_PAGE_HEADERS = {
    # Styles: the editor writes its measurements into style attributes. Images: data: holds its squiggles.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}


def page(path: str = "/graphql") -> HTMLResponse:
    """The page itself, for a browser's GET of `path`. It talks to the address it was loaded from."""
    return HTMLResponse(_html(path.rpartition("/")[2]), headers=_PAGE_HEADERS)


def graphiql_routes(path: str = "/graphql") -> list[BaseRoute]:
    """The scripts and styles that the page loads, under `path`/static/."""
    return [Route(f"{path}/static/{{name}}", _asset, name="graphiql-static")]


@cache
def _html(folder: str) -> str:
    # Relative, so that the page also works behind a proxy that serves the API under a prefix.
    return (STATIC / "index.html").read_text("utf-8").replace("%STATIC%", f"{folder}/static")


@cache
def _assets() -> dict[str, Path]:
    return {file.name: file for file in STATIC.iterdir() if file.suffix in _TYPES}


async def _asset(request: Request) -> Response:
    file = _assets().get(request.path_params["name"])
    if file is None:
        return error_response(
            request.scope, 404, "NOT_FOUND", f"{request.url.path} is none of GraphiQL's files"
        )
    # A hash of the content is part of each name, except for the licences.
    lasting = "public, max-age=31536000, immutable" if file.suffix != ".txt" else "no-cache"
    headers = {"Cache-Control": lasting, "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, headers=headers, media_type=_TYPES[file.suffix])
