"""Events are charged: a token over its budget gets them later, loses none and delays no other token."""

from collections.abc import AsyncIterator
from time import monotonic

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.push_rate_limit import EVENT_COST, EXECUTION_COST
from okr_api.auth.rate_limit import BURST_S
from tests.acme import Acme
from tests.serving import Server, serving

RATE = 60
COST = EVENT_COST + EXECUTION_COST
AFFORDED = RATE * BURST_S // COST
CHANGES = AFFORDED + 4
FOLLOW = "subscription ($a: Seq) { changes(after: $a) { seq } }"
ALONE = "subscription ($a: Seq) { changes(after: $a) { seq alone: seq } }"


async def change(acme: Acme, count: int) -> None:
    for value in range(count):
        await acme.check_in("macros", value % 10)


@pytest.fixture
async def served(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url, rate_limit=RATE) as running:
        yield running


async def test_a_token_in_debt_hears_later_and_loses_nothing(served: Server, acme: Acme):
    other = await acme.tokens.create(acme.organization.id, name="other", scopes=[Scope.WRITE])
    assert served.app_services
    begun = await acme.seq()
    async with served.socket(acme.token) as debtor, served.socket(other) as honest:
        late = await debtor.follow(ALONE)
        heard = await honest.follow(FOLLOW)
        started = monotonic()
        await change(acme, CHANGES)
        assert [one["seq"] for one in await late.take(CHANGES)] == list(range(begun + 1, begun + 1 + CHANGES))
        assert monotonic() - started > COST / RATE
        assert heard.waiting() > 0
        # Requests are charged to a bucket of their own.
        assert await (await debtor.subscribe("{ seq }")).next() == begun + CHANGES


async def test_who_catches_up_is_charged_for_it(served: Server, acme: Acme):
    begun = await acme.seq()
    await change(acme, CHANGES)
    async with served.socket(acme.token) as socket:
        started = monotonic()
        events = await socket.subscribe(FOLLOW, a=begun)
        assert [one["seq"] for one in await events.take(CHANGES)] == list(
            range(begun + 1, begun + 1 + CHANGES)
        )
        assert monotonic() - started > COST / RATE


async def test_who_follows_the_same_as_others_is_not_held_up_by_them(acme_url: str, acme: Acme):
    tokens = [
        await acme.tokens.create(acme.organization.id, name=f"{number}", scopes=[Scope.WRITE])
        for number in range(3)
    ]
    async with serving(acme_url, rate_limit=RATE, compiled=True) as served:
        assert served.app_services
        pushed = served.app_services.push_rate_limiter.rate_limiter
        async with served.socket(tokens[0]) as debtor, served.socket(tokens[1]) as honest:
            late, heard = await debtor.follow(FOLLOW), await honest.follow(FOLLOW)
            actor = await served.app_services.tokens.actor(tokens[0])
            assert actor
            pushed.consume(actor.token_id, RATE * 1_000)
            await change(acme, 3)
            assert len(await heard.take(3)) == len(await late.take(3)) == 3
            assert pushed.retry_after_s(actor.token_id) > 900
