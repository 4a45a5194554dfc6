"""The outermost handler: a fault anywhere beneath is logged once, and answered in GraphQL's form."""

import logging
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from okr_api.app import create_app
from okr_api.settings import Settings

OPEN = "/health/live"  # asks for no token, and so for no database


async def broken(_: Request) -> Response:
    """A route that fails before it answers."""
    raise RuntimeError("the secret of the route")


@pytest.mark.parametrize(
    "accept", ("application/json", "application/graphql-response+json", "text/event-stream")
)
@pytest.mark.parametrize("origin", ({}, {"Origin": "https://okr.example.com"}), ids=("same", "other"))
async def test_a_fault_is_masked_and_told_as_json(
    accept: str, origin: dict[str, str], caplog: pytest.LogCaptureFixture
):
    app = create_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    app.router.routes.insert(0, Route(OPEN, broken))
    transport: Any = httpx2.ASGITransport(app=app)  # raises what an application lets through
    async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
        response = await client.get(OPEN, headers={"Accept": accept, **origin})
    wanted = "application/json" if "stream" in accept else accept
    assert (response.status_code, response.headers["content-type"]) == (500, wanted)
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in response.text
    [record] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert error["message"].rpartition(" ")[2] in record.getMessage()
    assert record.exc_info
    assert "the secret of the route" in str(record.exc_info[1])
