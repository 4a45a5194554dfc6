"""Health endpoints: liveness, and readiness: the database responds and its disk has room."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from okr_api.store.database import Database
from okr_api.store.time_limits import run_to_completion

HEALTH_TIMEOUT_S = 4.0


async def live(_: Request) -> Response:
    """Return 200: the process runs."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """Return 200 if the database responds and its disk has room, else 503 with the reason."""
    database: Database = request.app.state.app_services.database
    reason = "The database does not answer"
    try:
        answers, has_room = await run_to_completion(HEALTH_TIMEOUT_S, _asked(database))
        if answers and not has_room:
            answers, reason = False, "The disk of the database is full"
    except Exception:  # noqa: BLE001  any failure means not ready
        answers = False
    if answers:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)


async def _asked(database: Database) -> tuple[bool, bool]:
    """Return whether the database responds, and whether its disk has room."""
    return await database.answers(), await database.has_room()


ROUTES = [Route("/health/live", live), Route("/health/ready", ready)]
