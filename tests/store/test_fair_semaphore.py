"""Fair semaphore: waiters have turns, cancelled ones are forgotten, and no step depends on their number."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from time import process_time

import pytest

from okr_api.store.fair_semaphore import FairSemaphore


async def run_ready_tasks() -> None:
    """Let every task that can continue do so."""
    for _ in range(5):
        await asyncio.sleep(0)


class Waiters:
    """Tasks that wait for the semaphore, the order in which they acquired it, and those that hold it."""

    def __init__(self, semaphore: FairSemaphore) -> None:
        self.semaphore = semaphore
        self.order: list[tuple[Hashable, Hashable]] = []
        self.holders: list[tuple[Hashable, Hashable, int]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def acquire(self, group: Hashable, member: Hashable, weight: int = 1) -> int:
        """Start a task that acquires the semaphore and holds it; return its index."""

        async def enter() -> None:
            await self.semaphore.acquire(group, member, weight)
            self.order.append((group, member))
            self.holders.append((group, member, weight))

        self.tasks.append(asyncio.create_task(enter()))
        return len(self.tasks) - 1

    async def release(self, place: int = 0) -> None:
        """Release one of the holders."""
        self.semaphore.release(*self.holders.pop(place))
        await run_ready_tasks()


@asynccontextmanager
async def waiters_of(most: int, most_per_group: int, most_per_member: int) -> AsyncIterator[Waiters]:
    """Yield no waiters yet; check at the end that nothing is in use and nothing is remembered."""
    semaphore = FairSemaphore(most, most_per_group, most_per_member)
    made = Waiters(semaphore)
    yield made
    for task in made.tasks:
        task.cancel()
    await run_ready_tasks()
    while made.holders:
        await made.release()
    assert (semaphore.in_use, semaphore.waiting) == (0, 0)
    kept = (semaphore._groups, semaphore._ready, semaphore._by_group, semaphore._by_holder)
    assert not any(kept), kept


async def test_groups_take_turns_and_their_members_do():
    async with waiters_of(1, 9, 9) as waiters:
        waiters.acquire("held", "held")
        await run_ready_tasks()
        for member in ("a1", "a1", "a1", "a2", "a1"):
            waiters.acquire("a", member)
        waiters.acquire("b", "b1")
        await run_ready_tasks()
        for _ in range(6):
            await waiters.release()
        assert [member for _, member in waiters.order[1:]] == ["a1", "b1", "a2", "a1", "a1", "a1"]


async def test_a_member_and_a_group_have_so_much_and_others_are_not_held_up():
    async with waiters_of(100, 3, 2) as waiters:
        for _ in range(5):
            waiters.acquire("a", "a1")
        for _ in range(5):
            waiters.acquire("a", "a2")
        waiters.acquire("b", "b1")
        await run_ready_tasks()
        assert Counter(member for _, member in waiters.order) == {"a1": 2, "a2": 1, "b1": 1}
        await waiters.release([member for _, member, _ in waiters.holders].index("a2"))
        assert Counter(member for _, member, _ in waiters.holders) == {"a1": 2, "a2": 1, "b1": 1}
        await waiters.release([member for _, member, _ in waiters.holders].index("a1"))
        assert (
            Counter(member for _, member, _ in waiters.holders)["a1"]
            + Counter(member for _, member, _ in waiters.holders)["a2"]
            == 3
        )


async def test_the_last_one_admitted_may_go_beyond_the_limit():
    async with waiters_of(10, 10, 10) as waiters:
        waiters.acquire("a", "a1", 9)
        waiters.acquire("a", "a1", 9)
        waiters.acquire("b", "b1", 1)
        await run_ready_tasks()
        assert waiters.semaphore.in_use == 18
        await waiters.release()
        assert waiters.semaphore.in_use == 10


async def test_what_is_taken_without_a_turn_keeps_others_waiting():
    async with waiters_of(10, 10, 2) as waiters:
        waiters.semaphore.add("a", "a1", 5)
        waiting = waiters.tasks[waiters.acquire("a", "a1")]
        waiters.acquire("a", "a2")
        await run_ready_tasks()
        assert not waiting.done()
        assert [member for _, member in waiters.order] == ["a2"]
        waiters.semaphore.release("a", "a1", 5)
        await run_ready_tasks()
        assert waiting.done()


async def test_whoever_is_cancelled_with_its_turn_passes_it_on():
    async with waiters_of(1, 1, 1) as waiters:
        waiters.acquire("a", "a1")
        await run_ready_tasks()
        first, second = waiters.tasks[waiters.acquire("a", "a1")], waiters.tasks[waiters.acquire("b", "b1")]
        await run_ready_tasks()
        waiters.semaphore.release(*waiters.holders.pop())  # the turn passes to the first waiter …
        first.cancel()  # … which is cancelled before it runs
        await run_ready_tasks()
        assert first.cancelled()
        assert second.done()


@pytest.mark.parametrize("seed", range(20))
async def test_no_turn_is_lost_and_nobody_waits_without_a_reason(seed: int):
    chance = random.Random(seed)
    async with waiters_of(6, 4, 3) as waiters:
        semaphore = waiters.semaphore
        for _ in range(400):
            what = chance.random()
            group = chance.choice("abc")
            if what < 0.5:
                waiters.acquire(group, group + chance.choice("123"), chance.randint(1, 3))
            elif what < 0.8 and waiters.holders:
                semaphore.release(*waiters.holders.pop(chance.randrange(len(waiters.holders))))
            elif waiters.tasks:
                chance.choice(waiters.tasks).cancel()
            if chance.random() < 0.7:
                await run_ready_tasks()
                used = Counter[Hashable]()
                for one, member, weight in waiters.holders:
                    used.update({one: weight, member: weight})
                assert semaphore.in_use == sum(weight for _, _, weight in waiters.holders)
                if semaphore.in_use < 6:
                    open_ = [
                        member
                        for one, known in semaphore._groups.items()
                        for member in known.waiting
                        if used[one] < 4 and used[member] < 3
                    ]
                    assert open_ == []


async def test_a_release_takes_as_long_however_many_wait():
    async def seconds_of(waiting: int) -> float:
        async with waiters_of(1, 9, 9) as waiters:
            waiters.acquire("held", "held")
            await run_ready_tasks()
            for number in range(waiting):
                waiters.acquire(f"g{number % 7}", number % 500)
            await run_ready_tasks()
            began = process_time()
            for _ in range(300):
                await waiters.release()
            return process_time() - began

    few, many = (
        min([await seconds_of(300) for _ in range(3)]),
        min([await seconds_of(5_000) for _ in range(3)]),
    )
    assert many < few * 5  # in linear time it would be seventeen times as long
