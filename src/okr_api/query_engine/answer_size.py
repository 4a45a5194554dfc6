"""Size of a response in bytes of JSON: its limit, an upper bound while it is loaded, and the exact count.

Loaded objects are shared: an owner of a hundred objectives is one object, but is serialized a hundred times.
So a response may be far larger than the objects in it. While it is loaded, an upper bound is kept by
multiplying; only if the bound exceeds the limit are the bytes counted, before serialization.
"""

from collections.abc import Collection, Iterator, Sequence, Sized
from typing import Any

import orjson

from okr_api.okr.errors import TooMany
from okr_api.store.time_slicing import TimeSlice

from .row_sets import CHARACTER_BYTES, Place, SizeBounds

MAX_ANSWER_BYTES = 20_000_000
LOOKED_AT_BYTES = 1_000_000
COUNT_BATCH_SIZE = 500  # objects and lists between two pauses
OBJECT_BYTES = 2_000  # take as long to count as one more object
WRITTEN = orjson.OPT_UTC_Z


class AnswerBudget:
    """Size of one operation's response so far, in bytes.

    `bytes` is the size of what has been loaded, counted or as an upper bound; `least` is a lower bound that
    counts each object once.
    """

    __slots__ = ("bytes", "least")

    def __init__(self, answered: int = 0) -> None:
        self.bytes = self.least = answered

    def build(self, least: int) -> None:
        """Count objects that are about to be built.

        Raises:
            TooMany: the response would be too large even if each object were serialized once.
        """
        self.least += least
        if self.least > MAX_ANSWER_BYTES:
            raise too_large()


def too_large() -> TooMany:
    """Return the error for a response that is too large."""
    return TooMany(
        f"The answer would have more than {MAX_ANSWER_BYTES:,} bytes: ask for smaller pages, "
        "fewer fields or fewer levels at a time"
    )


def _longest(rows: Sequence[Any], place: Place) -> int:
    """Return the length of the longest list or text at a place in the rows."""
    return max([len(row[place] or ()) for row in rows], default=0)


class SizeEstimate:
    """Upper bound of the bytes of what is loaded, each object counted as often as it is serialized.

    The objects that are loaded next occur at most `all` times together, and each at most `each` times. A
    caller that loads several relations of the same rows resets both (`uses`) in between.
    """

    def __init__(self, budget: AnswerBudget) -> None:
        self.budget = budget
        self.most = 0
        self.all = self.each = 1

    @property
    def uses(self) -> tuple[int, int]:
        """Return how often the current objects occur at most: together, and each."""
        return self.all, self.each

    @uses.setter
    def uses(self, uses: tuple[int, int]) -> None:
        self.all, self.each = uses

    def share(self, references: int, distinct: int) -> None:
        """Continue with objects that the current ones refer to: `references` to `distinct` objects."""
        self.each = min(self.all, self.each * (references - distinct + 1))

    def spread(self, longest: int, built: int) -> None:
        """Continue with list members: at most `longest` in one of the current objects, `built` in total."""
        self.all = min(self.all * longest, self.each * built)

    def spread_lists(self, lists: Collection[Sized]) -> None:
        """Continue with the members of these lists."""
        sizes = list(map(len, lists))
        self.spread(max(sizes, default=0), sum(sizes))

    def count(self, built: int, least: int, most: int) -> None:
        """Count `built` of the current objects, or parts of them, before they are built.

        Raises:
            TooMany: the response would be too large even if each object were serialized once.
        """
        self.budget.build(built * least)
        self.most += self.all * most

    def count_rows(self, sizes: SizeBounds, rows: Sequence[Any]) -> None:
        """Count the objects of these rows, at least one; if the bound is large, measure their long texts.

        Raises:
            TooMany: the response would be too large even if each object were serialized once.
        """
        most = sizes.most
        for place, each in sizes.lists.items():
            most += each * _longest(rows, place)
        if sizes.texts and self.all * most > LOOKED_AT_BYTES:
            for place, (times, longest) in sizes.texts.items():
                most -= times * max(longest - CHARACTER_BYTES * _longest(rows, place), 0)
        self.count(len(rows), sizes.least, most)

    def take(self) -> int:
        """Return the bound and reset it; the next object occurs once."""
        most, self.most = self.most, 0
        self.all = self.each = 1
        return most


async def count_bytes(value: Any, most: int) -> int:
    """Return the bytes of a loaded value as JSON; shared objects are visited once.

    Raises:
        TooMany: there are more than `most`.
    """
    counter = _Counter(most)
    time_slice = TimeSlice()
    for _ in counter.steps(value):
        await time_slice.pause()
    return counter.sizes[id(value)] if isinstance(value, dict | list) else len(orjson.dumps(value))


class _Counter:
    """Byte counter for objects and lists: first each without its children, then innermost first with them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.sizes: dict[int, int] = {}
        self._keys: dict[tuple[Any, ...], int] = {}

    def steps(self, value: Any) -> Iterator[None]:
        """Count, yielding regularly so that the caller can pause."""
        known: list[tuple[int, list[Any]]] = []
        waiting = [value] if isinstance(value, dict | list) else []
        once, work = 0, 0
        for one in waiting:  # grows during the loop
            own, within = self._own(one)
            known.append((own, within))
            self.sizes[id(one)] = own
            once += own
            work += 1 + own // OBJECT_BYTES
            if once > self.most:
                raise too_large()
            for inner in within:
                if id(inner) not in self.sizes:
                    self.sizes[id(inner)] = 0
                    waiting.append(inner)
            if work >= COUNT_BATCH_SIZE:
                work = 0
                yield
        yield from self._add_up(waiting, known)

    def _add_up(self, ordered: list[Any], known: list[tuple[int, list[Any]]]) -> Iterator[None]:
        """Add the bytes of children, last to first: no value is contained in one that comes after it."""
        sizes = self.sizes
        for place in range(len(ordered) - 1, -1, -1):
            own, within = known[place]
            sizes[id(ordered[place])] = size = own + sum([sizes[id(inner)] for inner in within])
            if size > self.most:
                raise too_large()
            if place % COUNT_BATCH_SIZE == 0:
                yield

    def _own(self, one: dict[Any, Any] | list[Any]) -> tuple[int, list[Any]]:
        """Return the bytes of an object or a list without the objects and lists in it, and these."""
        if isinstance(one, dict):
            values, keys = list(one.values()), self._key_bytes(tuple(one))
        else:
            values, keys = one, 0
        within = [value for value in values if isinstance(value, dict | list)]
        rest = [value for value in values if not isinstance(value, dict | list)] if within else values
        return keys + len(orjson.dumps(rest, option=WRITTEN)) + len(within) - (
            not rest and bool(within)
        ), within

    def _key_bytes(self, keys: tuple[Any, ...]) -> int:
        size = self._keys.get(keys)
        if size is None:
            size = self._keys[keys] = sum(len(key) + len('"":') for key in keys if key is not None)
        return size
