"""Fair semaphore: limits weights by holder, by group and in total; waiting groups and holders take turns."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

from .keyed_sums import KeyedSums

Waiters = OrderedDict["asyncio.Future[None]", int]


@dataclass(slots=True)
class _Group:
    """Waiting holders of a group, each with its waiters and their weights in order of arrival.

    `ready` has the holders whose own limit is not reached, in the order of their turns.
    """

    waiting: dict[Hashable, Waiters] = field(default_factory=dict)
    ready: OrderedDict[Hashable, None] = field(default_factory=OrderedDict)


class FairSemaphore:
    """Weighted semaphore that admits while less than a limit is in use; the last one admitted may exceed it.

    On release the waiting groups take turns, and in each group its holders. Every step takes constant time,
    however many wait. A holder belongs to one group.
    """

    def __init__(self, most: int, most_per_group: int, most_per_holder: int) -> None:
        self.most, self.most_per_group, self.most_per_holder = most, most_per_group, most_per_holder
        self.in_use = 0
        self.waiting = 0
        self._by_group, self._by_holder = KeyedSums(), KeyedSums()
        self._groups: dict[Hashable, _Group] = {}
        self._ready: OrderedDict[Hashable, None] = OrderedDict()  # groups that may be admitted from

    def try_acquire(self, group: Hashable, holder: Hashable, weight: int = 1) -> bool:
        """Acquire the weight without waiting; return False if a limit has been reached."""
        if self.in_use >= self.most or not self._is_group_open(group) or not self._is_holder_open(holder):
            return False
        self.add(group, holder, weight)
        return True

    def add(self, group: Hashable, holder: Hashable, weight: int) -> None:
        """Add the weight to what is in use, regardless of the limits."""
        self.in_use += weight
        self._by_group.add(group, weight)
        self._by_holder.add(holder, weight)

    async def acquire(self, group: Hashable, holder: Hashable, weight: int = 1) -> None:
        """Acquire the weight; wait for a turn if a limit has been reached."""
        if self.try_acquire(group, holder, weight):
            return
        await self.turn(group, holder, weight, self.enqueue(group, holder, weight))

    async def turn(
        self, group: Hashable, holder: Hashable, weight: int, waiter: "asyncio.Future[None]"
    ) -> None:
        """Wait for the turn of an enqueued waiter, which then holds the weight.

        Setting an exception on the waiter ends the wait.
        """
        try:
            await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:  # its turn had come
                self.release(group, holder, weight)
            else:
                self._forget(group, holder, waiter)
            raise

    def release(self, group: Hashable, holder: Hashable, weight: int = 1) -> None:
        """Release the weight and admit the next waiters."""
        self.add(group, holder, -weight)
        if self.waiting:
            self._make_ready(group, holder)
            self._admit()

    def _is_group_open(self, group: Hashable) -> bool:
        return self._by_group.get(group, 0) < self.most_per_group

    def _is_holder_open(self, holder: Hashable) -> bool:
        return self._by_holder.get(holder, 0) < self.most_per_holder

    def enqueue(self, group: Hashable, holder: Hashable, weight: int) -> "asyncio.Future[None]":
        """Add a waiter to the queue and return it, to be passed to `turn`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        known = self._groups.setdefault(group, _Group())
        known.waiting.setdefault(holder, OrderedDict())[waiter] = weight
        self.waiting += 1
        self._make_ready(group, holder)
        return waiter

    def _make_ready(self, group: Hashable, holder: Hashable) -> None:
        """Queue the holder and its group for their next turns, if they wait and their limits allow it."""
        known = self._groups.get(group)
        if known is None:
            return
        if holder in known.waiting and self._is_holder_open(holder):
            known.ready.setdefault(holder)
        if known.ready and self._is_group_open(group):
            self._ready.setdefault(group)

    def _admit(self) -> None:
        while self._ready and self.in_use < self.most:
            group, _ = self._ready.popitem(last=False)
            known = self._groups[group]
            if not known.ready or not self._is_group_open(group):
                continue
            holder, _ = known.ready.popitem(last=False)
            if self._is_holder_open(holder):
                waiter, weight = next(iter(known.waiting[holder].items()))
                self._forget(group, holder, waiter)
                if not waiter.done():  # its task may have been cancelled and not have run since
                    self.add(group, holder, weight)
                    waiter.set_result(None)
            self._make_ready(group, holder)

    def _forget(self, group: Hashable, holder: Hashable, waiter: "asyncio.Future[None]") -> None:
        known = self._groups.get(group)
        waiters = known.waiting.get(holder) if known else None
        if known is None or waiters is None or waiters.pop(waiter, None) is None:
            return
        self.waiting -= 1
        if not waiters:
            del known.waiting[holder]
            known.ready.pop(holder, None)
            if not known.waiting:
                del self._groups[group]
                self._ready.pop(group, None)
