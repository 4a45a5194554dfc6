"""Health: whether the process lives, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from okr_api.store.database import Database


async def live(_: Request) -> Response:
    """The process runs."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """The process runs, its database answers, and there is room on the database's disk."""
    database: Database = request.app.state.house.database
    reason = "The database does not answer"
    try:
        answers = await database.answers()
        if answers and not await database.has_room():
            answers, reason = False, "The disk of the database is full"
    except Exception:  # noqa: BLE001  whatever it is, the answer is the same
        answers = False
    if answers:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)


ROUTES = [Route("/health/live", live), Route("/health/ready", ready)]
