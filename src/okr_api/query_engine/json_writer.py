"""JSON serialization and byte counting in time slices, so that large responses do not block the loop."""

from collections.abc import Iterator
from typing import Any

import orjson

from okr_api.store.time_slicing import TimeSlice

from .answer_size import MAX_ANSWER_BYTES, too_large

WRITTEN = orjson.OPT_UTC_Z
MAX_UNSLICED_BYTES = 4_000_000  # take at most ten milliseconds to write
MAX_UNSLICED_OBJECTS = 1_000  # and lists, of a part of a large response
SLICED_LEVELS = 6  # of dicts and short lists, before it is looked at how large they are
WRITE_BATCH_SIZE = 1_000  # elements of a list
PARTS = 10  # least number of slices of a list with more elements than that
COUNT_BATCH_SIZE = 500  # objects and lists between two pauses
OBJECT_BYTES = 2_000  # take as long to count as one more object


async def dump_answer(answer: Any, most: int = MAX_ANSWER_BYTES) -> bytes:
    """Return a response as JSON; `most` is an upper bound of its bytes, as far as one is known.

    Raises:
        TypeError: a value cannot be serialized, such as an integer beyond 64 bits.
    """
    if most <= MAX_UNSLICED_BYTES:
        return orjson.dumps(answer, option=WRITTEN)
    time_slice, parts = TimeSlice(), list[bytes | memoryview]()
    for part in _parts(answer):
        parts.append(part)
        await time_slice.pause()
    return b"".join(parts)


def _parts(value: Any, levels: int = SLICED_LEVELS) -> Iterator[bytes | memoryview]:
    """Yield the JSON of a value in parts: long lists in slices, other values one by one while they are large.

    Whether they are is looked at every few levels: that takes longer than to write what is small.
    """
    before = b""
    if not value or not isinstance(value, dict | list) or (not levels and _is_small(value)):
        yield orjson.dumps(value, option=WRITTEN)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield (before or b"{") + orjson.dumps(key) + b":"
            yield from _parts(one, (levels or SLICED_LEVELS) - 1)
            before = b","
        yield b"}"
    elif len(value) > PARTS:
        size = min(len(value) // PARTS, WRITE_BATCH_SIZE)
        for begin in range(0, len(value), size):
            yield before or b"["
            yield memoryview(orjson.dumps(value[begin : begin + size], option=WRITTEN))[1:-1]
            before = b","
        yield b"]"
    else:
        for one in value:
            yield before or b"["
            yield from _parts(one, (levels or SLICED_LEVELS) - 1)
            before = b","
        yield b"]"


def _is_small(value: dict[str, Any] | list[Any]) -> bool:
    """Return whether a value has at most `MAX_UNSLICED_OBJECTS`, with a little text each."""
    left, waiting = MAX_UNSLICED_OBJECTS, [value]
    while waiting:
        one = waiting.pop()
        values = one if isinstance(one, list) else one.values()
        left -= 1 + sum([len(text) for text in values if type(text) is str]) // OBJECT_BYTES
        if left < len(waiting):
            return False
        waiting += [inner for inner in values if type(inner) is dict or type(inner) is list]
    return left >= 0


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
