"""Whoever waits is admitted in turns, whoever gives up is forgotten, and no step depends on how many wait."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from time import process_time

import pytest

from okr_api.store.fair_semaphore import FairSemaphore


async def settled() -> None:
    """Whatever can go on has gone on."""
    for _ in range(5):
        await asyncio.sleep(0)


class Crowd:
    """Those who want in, the order in which they came in, and those who are in."""

    def __init__(self, semaphore: FairSemaphore) -> None:
        self.semaphore = semaphore
        self.order: list[tuple[Hashable, Hashable]] = []
        self.inside: list[tuple[Hashable, Hashable, int]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def come(self, group: Hashable, member: Hashable, weight: int = 1) -> int:
        """Somebody wants in, and stays; return their number."""

        async def enter() -> None:
            await self.semaphore.acquire(group, member, weight)
            self.order.append((group, member))
            self.inside.append((group, member, weight))

        self.tasks.append(asyncio.create_task(enter()))
        return len(self.tasks) - 1

    async def leave(self, place: int = 0) -> None:
        """Somebody who is in leaves."""
        self.semaphore.release(*self.inside.pop(place))
        await settled()


@asynccontextmanager
async def crowd(most: int, most_per_group: int, most_per_member: int) -> AsyncIterator[Crowd]:
    """A crowd that ends; then nothing is in use, and nothing is remembered."""
    semaphore = FairSemaphore(most, most_per_group, most_per_member)
    made = Crowd(semaphore)
    yield made
    for task in made.tasks:
        task.cancel()
    await settled()
    while made.inside:
        await made.leave()
    assert (semaphore.in_use, semaphore.waiting) == (0, 0)
    kept = (semaphore._groups, semaphore._ready, semaphore._by_group, semaphore._by_holder)
    assert not any(kept), kept


async def test_groups_take_turns_and_their_members_do():
    async with crowd(1, 9, 9) as them:
        them.come("held", "held")
        await settled()
        for member in ("a1", "a1", "a1", "a2", "a1"):
            them.come("a", member)
        them.come("b", "b1")
        await settled()
        for _ in range(6):
            await them.leave()
        assert [member for _, member in them.order[1:]] == ["a1", "b1", "a2", "a1", "a1", "a1"]


async def test_a_member_and_a_group_have_so_much_and_others_are_not_held_up():
    async with crowd(100, 3, 2) as them:
        for _ in range(5):
            them.come("a", "a1")
        for _ in range(5):
            them.come("a", "a2")
        them.come("b", "b1")
        await settled()
        assert Counter(member for _, member in them.order) == {"a1": 2, "a2": 1, "b1": 1}
        await them.leave([member for _, member, _ in them.inside].index("a2"))
        assert Counter(member for _, member, _ in them.inside) == {"a1": 2, "a2": 1, "b1": 1}
        await them.leave([member for _, member, _ in them.inside].index("a1"))
        assert (
            Counter(member for _, member, _ in them.inside)["a1"]
            + Counter(member for _, member, _ in them.inside)["a2"]
            == 3
        )


async def test_the_last_one_admitted_may_go_beyond_the_limit():
    async with crowd(10, 10, 10) as them:
        them.come("a", "a1", 9)
        them.come("a", "a1", 9)
        them.come("b", "b1", 1)
        await settled()
        assert them.semaphore.in_use == 18
        await them.leave()
        assert them.semaphore.in_use == 10


async def test_what_is_taken_without_a_turn_keeps_others_waiting():
    async with crowd(10, 10, 2) as them:
        them.semaphore.add("a", "a1", 5)
        waiting = them.tasks[them.come("a", "a1")]
        them.come("a", "a2")
        await settled()
        assert not waiting.done()
        assert [member for _, member in them.order] == ["a2"]
        them.semaphore.release("a", "a1", 5)
        await settled()
        assert waiting.done()


async def test_whoever_is_cancelled_with_its_turn_passes_it_on():
    async with crowd(1, 1, 1) as them:
        them.come("a", "a1")
        await settled()
        first, second = them.tasks[them.come("a", "a1")], them.tasks[them.come("b", "b1")]
        await settled()
        them.semaphore.release(*them.inside.pop())  # the turn is the first one's …
        first.cancel()  # … who does not know it yet
        await settled()
        assert first.cancelled()
        assert second.done()


@pytest.mark.parametrize("seed", range(20))
async def test_no_turn_is_lost_and_nobody_waits_without_a_reason(seed: int):
    chance = random.Random(seed)
    async with crowd(6, 4, 3) as them:
        semaphore = them.semaphore
        for _ in range(400):
            what = chance.random()
            group = chance.choice("abc")
            if what < 0.5:
                them.come(group, group + chance.choice("123"), chance.randint(1, 3))
            elif what < 0.8 and them.inside:
                semaphore.release(*them.inside.pop(chance.randrange(len(them.inside))))
            elif them.tasks:
                chance.choice(them.tasks).cancel()
            if chance.random() < 0.7:
                await settled()
                used = Counter[Hashable]()
                for one, member, weight in them.inside:
                    used.update({one: weight, member: weight})
                assert semaphore.in_use == sum(weight for _, _, weight in them.inside)
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
        async with crowd(1, 9, 9) as them:
            them.come("held", "held")
            await settled()
            for number in range(waiting):
                them.come(f"g{number % 7}", number % 500)
            await settled()
            began = process_time()
            for _ in range(300):
                await them.leave()
            return process_time() - began

    few, many = (
        min([await seconds_of(300) for _ in range(3)]),
        min([await seconds_of(5_000) for _ in range(3)]),
    )
    assert many < few * 5  # it would be seventeen times as long
