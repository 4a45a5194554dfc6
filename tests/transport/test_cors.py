"""CORS: request headers allowed for other origins, and the responses to rejected preflights."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from okr_api.transport.cors import DEFAULT_HEADERS
from tests import conftest
from tests.serving import serving

HOME = "https://okr.example.com"


@pytest.fixture(scope="module")
async def url(server: conftest.Server, template: str) -> AsyncIterator[str]:
    """Serve one allowed origin and one additional allowed header; yield the address."""
    async with (
        server.copy_of(template) as name,
        serving(server.url_of(name), allowed_origins=(HOME,), allowed_headers=("x-tenant",)) as running,
    ):
        yield running.address


async def preflight(url: str, origin: str = HOME, method: str = "POST", headers: str = "") -> httpx2.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.options(f"{url}/graphql", headers=asked)


# As clients send them: Apollo Client for web, iOS and Kotlin; applications with Relay and urql; Sentry.
SENT = (
    "apollographql-client-name,apollographql-client-version,authorization,content-type",
    "Apollo-Require-Preflight, X-Apollo-Operation-Name, X-APOLLO-OPERATION-ID",
    "authorization,baggage,content-type,sentry-trace",
    "authorization,content-type,last-event-id",
    "content-type,graphql-client-name,graphql-client-version,traceparent",
    "authorization,content-type,x-tenant",
)


@pytest.mark.parametrize("headers", SENT)
async def test_the_headers_of_usual_clients_are_allowed_and_those_of_the_setting(headers: str, url: str):
    answer = await preflight(url, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == HOME
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {name.strip().lower() for name in headers.split(",")} <= set(allowed)
    assert set(DEFAULT_HEADERS) <= set(allowed)


@pytest.mark.parametrize(
    ("refused", "words"),
    (
        ({"headers": "authorization, x-other"}, "x-other; add them to OKR_ALLOWED_HEADERS"),
        ({"origin": "https://evil.example"}, "add it to OKR_ALLOWED_ORIGINS"),
        ({"method": "DELETE"}, "must use GET or POST"),
    ),
)
async def test_a_refused_preflight_says_in_json_what_is_not_allowed(
    refused: dict[str, str], words: str, url: str
):
    answer = await preflight(url, **refused)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert words in error["message"]
    assert ("access-control-allow-origin" in answer.headers) == ("origin" not in refused)


async def test_any_header_may_be_allowed(database_url: str):
    async with serving(database_url, allowed_origins=("*",), allowed_headers=("*",)) as running:
        answer = await preflight(running.address, origin="https://any.example", headers="x-whatever")
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-headers"] == "x-whatever"
