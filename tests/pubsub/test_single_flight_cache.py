"""Single-flight cache: results are made once and kept within a budget of bytes, until a timer removes them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from okr_api.pubsub import single_flight_cache
from okr_api.pubsub.single_flight_cache import (
    MAX_CACHED_RESULTS,
    MAX_SHARED_ANSWER_BYTES,
    MAX_SHARED_BYTES,
    SingleFlightCache,
)
from tests.serving import PATIENCE_S


def maker_of(value: object) -> Callable[[], Awaitable[object]]:
    """Return a function that makes the value."""

    async def make() -> object:
        await asyncio.sleep(0)
        return value

    return make


async def test_those_who_ask_at_once_share_one_answer():
    shared = SingleFlightCache()
    answers = await asyncio.gather(*(shared.get("key", maker_of(object())) for _ in range(3)))
    assert (len(set(map(id, answers))), shared.made) == (1, 1)


async def test_what_has_expired_goes_without_a_further_call(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(single_flight_cache, "CACHE_TTL_S", 0.05)
    shared = SingleFlightCache()
    for number in range(10):
        await shared.get(number, maker_of(b"x" * 1_000))
    assert shared.bytes > 10_000
    async with asyncio.timeout(PATIENCE_S):
        while len(shared):  # noqa: ASYNC110  a timer removes them, and there is no event to wait for
            await asyncio.sleep(0)
    assert shared.bytes == 0
    assert shared._timer is None


async def test_what_is_kept_has_a_budget_in_bytes():
    shared, size = SingleFlightCache(), MAX_SHARED_BYTES // 8
    for number in range(12):
        await shared.get(number, maker_of(bytes(size)))
        await asyncio.sleep(0)
    assert (len(shared), shared.bytes <= MAX_SHARED_BYTES) == (7, True)
    for number in range(MAX_CACHED_RESULTS + 1):
        await shared.get(str(number), maker_of(None))
    assert len(shared) == MAX_CACHED_RESULTS


LARGE = {
    "bytes": bytes(MAX_SHARED_ANSWER_BYTES),
    "objects": [{"a": "b" * 1_000 + str(number)} for number in range(4_000)],
}


@pytest.mark.parametrize("answer", LARGE.values(), ids=LARGE)
async def test_an_answer_too_large_to_be_kept_is_shared_by_those_who_wait(answer: object):
    shared = SingleFlightCache()
    assert await asyncio.gather(*(shared.get("key", maker_of(answer)) for _ in range(2))) == [answer, answer]
    assert (shared.made, len(shared), shared.bytes) == (1, 0, 0)


async def test_a_failure_is_shared_by_those_who_wait_and_not_kept():
    shared, made = SingleFlightCache(), []

    async def fail() -> None:
        made.append(1)
        await asyncio.sleep(0)
        raise LookupError

    waiting = await asyncio.gather(*(shared.get("key", fail) for _ in range(2)), return_exceptions=True)
    assert [type(one) for one in waiting] == [LookupError, LookupError]
    with pytest.raises(LookupError):
        await shared.get("key", fail)
    assert (len(made), len(shared)) == (2, 0)
