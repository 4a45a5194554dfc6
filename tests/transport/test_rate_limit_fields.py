"""`RateLimit` and `RateLimit-Policy`: what is left of a token's budget, on every answer to it."""

import re
from collections.abc import AsyncIterator
from math import ceil
from uuid import uuid4

import httpx2
import pytest

from okr_api.auth import rate_limit
from okr_api.auth.rate_limit import BURST_S, RateLimiter
from okr_api.transport.rate_limit_fields import rate_limit_lines
from tests.acme import Acme
from tests.serving import Server, serving

RATE = 500
QUOTA = RATE * BURST_S
SEQ = {"query": "{ seq }"}
FIELD = re.compile(r'"token";r=(\d+);t=(\d+)')


@pytest.fixture
async def served(acme: Acme, acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url, rate_limit=RATE, allowed_origins=("https://okr.example",)) as running:
        yield running


def left(response: httpx2.Response) -> tuple[int, int]:
    """Return what is left and the seconds until all is there again, from a response that has each field once."""
    assert response.headers.get_list("ratelimit-policy") == [f'"token";q={QUOTA};w={BURST_S};qu="cost"']
    [field] = response.headers.get_list("ratelimit")
    found = FIELD.fullmatch(field)
    assert found, field
    return int(found[1]), int(found[2])


def test_what_is_left_follows_from_the_bucket(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr(rate_limit, "monotonic", lambda: now[0])
    limiter, one, other = RateLimiter(RATE), uuid4(), uuid4()
    assert limiter.quota(one) == (QUOTA, 0)
    limiter.consume(one, 3 * RATE + 1)
    assert (limiter.quota(one), limiter.quota(other)) == ((QUOTA - 3 * RATE - 1, 4), (QUOTA, 0))
    now[0] = 2.0
    assert limiter.quota(one) == (QUOTA - RATE - 1, 2)
    limiter.consume(one, 2 * QUOTA)
    assert limiter.quota(one) == (0, 22) == (0, ceil(limiter.retry_after_s(one)))
    now[0] = 22.9
    assert limiter.quota(one) == (0, 1)
    now[0] = 23.002  # no longer full, so that an operation is accepted
    assert limiter.quota(one) == (1, BURST_S)
    limiter.check(one)
    now[0] = 24.0  # there is room for a little, and t is until all of it is there
    assert limiter.quota(one) == (499, BURST_S)
    now[0] = 1_000.0
    assert limiter.quota(one) == (QUOTA, 0)


def test_without_a_limit_there_are_no_fields():
    assert rate_limit_lines(RateLimiter(0), uuid4()) == b""


async def test_every_answer_to_a_token_has_the_fields(acme: Acme, served: Server):
    http = served.client(acme.token).http
    answers = [
        await http.post("/graphql", json=SEQ),  # the fast path
        await http.post("/graphql", json=SEQ, headers={"Origin": "https://okr.example"}),
        await http.post("/graphql", json={"query": "{ __schema { queryType { name } } }"}),
        await http.get("/graphql", params=SEQ),
        await http.post("/graphql", json={"query": "{"}),
        await http.post("/graphql", content=b"{", headers={"Content-Type": "application/json"}),
        await http.post("/graphql", json=SEQ, headers={"Accept": "text/event-stream"}),
        await http.put("/graphql"),
    ]
    assert [one.status_code for one in answers] == [200, 200, 200, 200, 200, 400, 200, 405]
    assert all(0 < left(one)[0] <= QUOTA for one in answers)
    exposed = answers[1].headers["access-control-expose-headers"]
    assert {"RateLimit", "RateLimit-Policy"} <= set(exposed.split(", "))


async def test_a_token_that_has_spent_all_is_told_one_time_to_wait(acme: Acme, served: Server):
    assert served.app_services
    limiter, http = served.app_services.rate_limiter, served.client(acme.token).http
    actor = await acme.tokens.actor(acme.token)
    assert actor
    limiter.consume(actor.token_id, QUOTA + 100 * RATE)
    refused = await http.post("/graphql", json=SEQ)
    assert refused.status_code == 429
    assert left(refused) == (0, int(refused.headers["retry-after"]))
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 99 <= left(refused)[1] <= 100


async def test_nobody_and_a_server_without_a_limit_get_no_fields(acme: Acme, acme_url: str, served: Server):
    async with serving(acme_url, rate_limit=0) as unlimited:
        answers = [
            await served.client(None).http.post("/graphql", json=SEQ),
            await served.client("okr_unknown").http.post("/graphql", json=SEQ),
            await served.client(None).http.get("/health/live"),
            await unlimited.client(acme.token).http.post("/graphql", json=SEQ),
            await unlimited.client(acme.token).http.post("/graphql", json={"query": "{"}),
        ]
    assert [one.status_code for one in answers] == [401, 401, 200, 200, 200]
    assert [name for one in answers for name in one.headers if name.startswith("ratelimit")] == []
