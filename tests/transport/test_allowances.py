"""Rate limit: a token over its budget is rejected for a while, and other tokens are not affected."""

from typing import Any
from uuid import uuid4

import pytest

from okr_api.auth import rate_limit
from okr_api.auth.actor import Scope
from okr_api.auth.rate_limit import (
    BURST_S,
    DEFAULT_RATE,
    MAX_BUCKETS,
    RateLimiter,
)
from okr_api.graphql import work_cost
from okr_api.graphql.document_cache import SELECTION_COST
from okr_api.graphql.query_cost import ROOT_FIELD_COST
from okr_api.graphql.schema import schema
from tests.acme import Acme
from tests.serving import COMPILED, serving

RATE = 10
SPENDS_ALL = "mutation ($input: CheckInRecordManyInput!) { checkInRecordMany(input: $input) { seq } }"
ITEMS = {
    "items": [{"keyResult": {"externalId": "macros"}, "value": value} for value in range(RATE * BURST_S)]
}


class Clock:
    """A clock that the test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate_limit, "monotonic", clock)
    return clock


def test_a_bucket_holds_what_leaks_in_twenty_seconds(clock: Clock):
    known, one, other = RateLimiter(RATE), uuid4(), uuid4()
    known.consume(one, RATE * BURST_S)
    assert (known.retry_after_s(one), known.retry_after_s(other)) == (0, 0)
    known.consume(one, RATE * 3)
    assert (known.retry_after_s(one), known.retry_after_s(other)) == (3, 0)
    clock.now = 1.0
    assert known.retry_after_s(one) == 2
    clock.now = 3.0
    assert known.retry_after_s(one) == 0
    clock.now = 1000.0
    known.consume(one, RATE * BURST_S)
    assert known.retry_after_s(one) == 0


def test_with_a_rate_of_nothing_nobody_waits():
    known, one = RateLimiter(0), uuid4()
    known.consume(one, 10**12)
    assert known.retry_after_s(one) == 0


def test_ten_thousand_spenders_are_remembered_those_first_who_still_owe(clock: Clock):
    known, owing = RateLimiter(RATE), uuid4()
    known.consume(owing, RATE * 100)
    for _ in range(MAX_BUCKETS - 1):
        known.consume(uuid4(), 1)
    clock.now = 1.0
    known.consume(uuid4(), 1)
    assert known.retry_after_s(owing) == 100 - BURST_S - 1
    for _ in range(MAX_BUCKETS):
        known.consume(uuid4(), RATE * 100)
    assert known.retry_after_s(owing) == 0


def test_what_is_usual_is_more_than_the_dearest_operation():
    assert DEFAULT_RATE * BURST_S > 20_000


@pytest.mark.parametrize("compiled", sorted({COMPILED, False}))
async def test_whoever_has_spent_their_share_waits_and_nobody_else(
    acme: Acme, acme_url: str, compiled: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(work_cost, "COST_PER_MS", 0)  # execution time is not predictable
    async with serving(acme_url, compiled=compiled, rate_limit=RATE) as running:
        ann, reader = running.client(acme.token), running.client(acme.world.tokens[Scope.READ])
        schema.documents.prepare(SPENDS_ALL)  # beforehand, because preparing it is charged
        assert (await ann.one(SPENDS_ALL, input=ITEMS))["seq"] == await acme.seq()
        response = await ann.http.post("/graphql", json={"query": "{ seq }"})
        assert response.status_code == 429
        assert 1 <= int(response.headers["retry-after"]) <= 8  # input values and the plan are charged too
        assert response.json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}
        assert await reader.ask("{ seq }")
        async with running.socket(acme.token) as socket:
            problem = await (await socket.subscribe("{ seq }")).problem()
        assert problem["code"] == "RATE_LIMITED"
        assert 1 <= problem["retryAfter"] <= 8
        running_house = running.app_services
        assert running_house
        running_house.rate_limiter.rate = 10**6  # drains the bucket at once
        assert await ann.ask("{ seq }")


async def test_an_operation_that_graphql_core_has_to_answer_is_charged_once(
    acme: Acme, acme_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(work_cost, "COST_PER_MS", 0)
    async with serving(acme_url, compiled=True, rate_limit=1) as running:
        client = running.client(acme.token)
        assert running.app_services
        spent = running.app_services.rate_limiter
        query = "{ a: cycles(first: 5) { nodes { id } } b: cycles(first: 101) { nodes { id } } }"
        cost = work_cost.final_charge(1 + 6 + 102 + ROOT_FIELD_COST, 0)
        prepared = schema.documents.prepare(query)
        operation: Any = prepared.document.definitions[0] if prepared.document else None
        planned = prepared.weight(operation).selections * SELECTION_COST
        assert (await client.problem(query))["code"] == "INVALID_INPUT"
        assert (actor := await running.app_services.tokens.actor(acme.token)) is not None
        assert spent.retry_after_s(actor.token_id) == pytest.approx(cost + planned - BURST_S, abs=1)
