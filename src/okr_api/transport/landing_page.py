"""Landing page: the public response to `/` that describes the API, as HTML or JSON."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

PATH = "/"
ABOUT = "A GraphQL API for objectives and key results (OKRs)"
DOCUMENTATION = (
    "The schema describes every field (GraphiQL shows it under Docs). Worked operations are in docs/api.md, "
    "settings and commands in docs/operating.md of the okr-api source."
)
AUTHENTICATION = (
    "Send Authorization: Bearer okr_… with every request. "
    "An operator makes a token with: okr-api token create"
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}
_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>OKR API</title>
<link rel="icon" href="data:,">
<style>
body {{ max-width: 40rem; margin: 12vh auto; padding: 0 1.25rem }}
body {{ font: 1rem/1.6 system-ui, sans-serif; color: #222 }}
h1 {{ font-size: 1.5rem }} dt {{ margin-top: 1rem; font-weight: 600 }} dd {{ margin: 0 }}
code {{ font: .9em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere }}
a {{ color: #0b57d0 }}
@media (prefers-color-scheme: dark) {{ body {{ background: #16181c; color: #ddd }} a {{ color: #8ab4f8 }} }}
</style>
</head>
<body>
<h1>OKR API</h1>
<p>{about}.</p>
<dl>
<dt>GraphQL</dt><dd><code>POST {path}</code>; subscriptions over a websocket at the same address.</dd>
<dt>GraphiQL</dt><dd>{graphiql}</dd>
<dt>Token</dt><dd>{authentication}</dd>
<dt>Documentation</dt><dd>{documentation}</dd>
<dt>Health</dt><dd><a href="health/live">health/live</a>, <a href="health/ready">health/ready</a></dd>
</dl>
</body>
</html>
"""


def landing_route(*, graphql_path: str, graphiql: bool) -> Route:
    """Return the route of `/`: HTML if the client accepts it, else JSON."""
    facts = {
        "service": "okr-api",
        "description": ABOUT,
        "graphql": graphql_path,
        "graphiql": graphql_path if graphiql else None,
        "authentication": AUTHENTICATION,
        "documentation": DOCUMENTATION,
        "health": ["/health/live", "/health/ready"],
    }
    # Relative links also work behind a proxy that serves the API under a prefix.
    relative = graphql_path.removeprefix("/")
    html = _HTML.format(
        about=ABOUT,
        path=graphql_path,
        graphiql=f'<a href="{relative}">Open GraphiQL</a>, and give it a token.'
        if graphiql
        else "Off here; OKR_GRAPHIQL=on or okr-api serve --graphiql turns it on.",
        authentication=AUTHENTICATION,
        documentation=DOCUMENTATION,
    )

    async def answer(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(html, headers=_HEADERS)
        return JSONResponse(facts, headers={"Cache-Control": "no-cache", "Vary": "Accept"})

    return Route(PATH, answer, methods=["GET"])
