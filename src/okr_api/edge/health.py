"""Health: whether the process lives, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from okr_api.store.database import Database


async def live(_: Request) -> Response:
    """The process runs."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """The process runs and its database answers."""
    database: Database = request.app.state.house.database
    try:
        answers = await database.answers()
    except Exception:  # noqa: BLE001  whatever it is, the answer is the same
        answers = False
    return JSONResponse({"status": "ready" if answers else "not ready"}, status_code=200 if answers else 503)


ROUTES = [Route("/health/live", live), Route("/health/ready", ready)]
