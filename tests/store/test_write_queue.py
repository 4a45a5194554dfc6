"""Write queue: writes of one organisation wait in order, without a connection; too many are rejected."""

import asyncio
from uuid import UUID

import pytest

from okr_api.okr.errors import Busy
from okr_api.store import write_queue
from okr_api.store.database import Database
from okr_api.store.write_queue import WriteQueue

ONE, OTHER = UUID(int=1), UUID(int=2)


async def test_they_have_their_turns_in_order_of_arrival():
    queue, order = WriteQueue(), []

    async def write(number: int) -> None:
        async with queue.turn(ONE):
            order.append(number)

    async with queue.turn(ONE):
        waiting = [asyncio.create_task(write(number)) for number in range(20)]
        async with asyncio.timeout(1), queue.turn(OTHER):
            assert order == []
    await asyncio.gather(*waiting)
    assert order == list(range(20))


async def test_one_that_is_given_up_is_passed_over():
    queue = WriteQueue()
    async with queue.turn(ONE):
        given_up = asyncio.create_task(queue.turn(ONE).__aenter__())
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait({given_up})
    async with asyncio.timeout(1), queue.turn(ONE):
        pass
    assert queue._lines == {}


async def test_more_than_a_thousand_do_not_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(write_queue, "MAX_WAITING_WRITES", 2)
    queue = WriteQueue()

    async def write() -> None:
        async with queue.turn(ONE):
            pass

    async with queue.turn(ONE):
        waiting = [asyncio.create_task(write()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="waiting"):
            await write()
    await asyncio.gather(*waiting)
    await write()


async def test_whoever_waits_holds_no_connection(database: Database):
    async def write() -> None:
        async with database.writing(ONE):
            pass

    async with database.writing(ONE):
        waiting = [asyncio.create_task(write()) for _ in range(20)]
        async with asyncio.timeout(1), database.writing(OTHER) as connection:
            assert await connection.fetchval("select true")
        assert database.pool.get_size() == 2
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)
