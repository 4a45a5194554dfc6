"""JSON of answers, counted and written in parts: between them others have their turn."""

from collections.abc import Iterator
from typing import Any

import orjson

from okr_api.store.time_slicing import TimeSlice

from .answer_size import MAX_ANSWER_BYTES, too_large

WRITTEN = orjson.OPT_UTC_Z
MAX_UNSLICED_BYTES = 2_000_000  # some milliseconds
WRITE_BATCH_SIZE = 1_000  # of a list
PARTS = 10  # of a list of fewer values than that, at least
COUNT_BATCH_SIZE = 500  # objects and lists
OBJECT_BYTES = 2_000  # take as long as an object


async def dump_answer(answer: Any, most: int = MAX_ANSWER_BYTES) -> bytes:
    """Return an answer as JSON; it has so many bytes at most, as far as that is known.

    Raises:
        TypeError: a value, such as an integer beyond 64 bits, has no form here.
    """
    if most <= MAX_UNSLICED_BYTES:
        return orjson.dumps(answer, option=WRITTEN)
    time_slice, parts = TimeSlice(), list[bytes | memoryview]()
    for part in _parts(answer):
        parts.append(part)
        await time_slice.pause()
    return b"".join(parts)


def _parts(value: Any) -> Iterator[bytes | memoryview]:
    """Yield the JSON of a value in parts: lists are divided, and those of a few values as deep as they go."""
    before = b""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield (before or b"{") + orjson.dumps(key) + b":"
            yield from _parts(one)
            before = b","
        yield b"}"
    elif isinstance(value, list) and len(value) > PARTS:
        size = min(len(value) // PARTS, WRITE_BATCH_SIZE)
        for begin in range(0, len(value), size):
            yield before or b"["
            yield memoryview(orjson.dumps(value[begin : begin + size], option=WRITTEN))[1:-1]
            before = b","
        yield b"]"
    elif isinstance(value, list) and value:
        for one in value:
            yield before or b"["
            yield from _parts(one)
            before = b","
        yield b"]"
    else:
        yield orjson.dumps(value, option=WRITTEN)


async def count_bytes(value: Any, most: int) -> int:
    """Return the bytes of a loaded value as JSON; what is shared is looked at once.

    Raises:
        TooMany: there are more than so many.
    """
    counter = _Counter(most)
    time_slice = TimeSlice()
    for _ in counter.steps(value):
        await time_slice.pause()
    return counter.sizes[id(value)] if isinstance(value, dict | list) else len(orjson.dumps(value))


class _Counter:
    """Counts objects and lists: first each without those within, and then, the innermost first, with them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.sizes: dict[int, int] = {}
        self._keys: dict[tuple[Any, ...], int] = {}

    def steps(self, value: Any) -> Iterator[None]:
        """Count, pausing now and then."""
        known: list[tuple[int, list[Any]]] = []
        waiting = [value] if isinstance(value, dict | list) else []
        once, work = 0, 0
        for one in waiting:  # which grows meanwhile
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
        """Add what lies within, from the last to the first: nothing lies within what comes after it."""
        sizes = self.sizes
        for place in range(len(ordered) - 1, -1, -1):
            own, within = known[place]
            sizes[id(ordered[place])] = size = own + sum([sizes[id(inner)] for inner in within])
            if size > self.most:
                raise too_large()
            if place % COUNT_BATCH_SIZE == 0:
                yield

    def _own(self, one: dict[Any, Any] | list[Any]) -> tuple[int, list[Any]]:
        """Return the bytes of an object or a list without the objects and lists in it, and those."""
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
