"""JSON writer: serialise and free a response, a large one in time slices that do not block the event loop."""

import asyncio
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import orjson

from okr_api.query_engine.answer_size import MAX_ANSWER_BYTES, OBJECT_BYTES, WRITTEN
from okr_api.store.time_slicing import MAX_TIME_SLICE_S, TimeSlice

MAX_UNSLICED_BYTES = 4_000_000  # take at most ten milliseconds to write
MAX_UNSLICED_OBJECTS = 1_000  # and lists, of a part of a large response
SLICED_LEVELS = 6  # of dicts and short lists, before it is looked at how large they are
WRITE_BATCH_SIZE = 1_000  # elements of a list
PARTS = 10  # least number of slices of a list with more elements than that


async def dump_answer(answer: Any, most: int = MAX_ANSWER_BYTES) -> bytes:
    """Return a response as JSON; `most` is an upper bound of its bytes, as far as one is known.

    The caller drops the response before it next waits: a large one is then freed in time slices.

    Raises:
        TypeError: a value cannot be serialized, such as an integer beyond 64 bits.
    """
    if most <= MAX_UNSLICED_BYTES:
        return orjson.dumps(answer, option=WRITTEN)
    time_slice, parts, written = TimeSlice(), list[bytes | memoryview](), list[Any]()
    for part in _parts(answer, written):
        parts.append(part)
        await time_slice.pause()
    asyncio.get_running_loop().call_soon(_free, written)
    return b"".join(parts)


def _free(written: list[Any]) -> None:
    """Drop the parts of a response, for one time slice; go on in the next iteration of the event loop.

    Freeing ten thousand objects at once takes some 40 ms.
    """
    ends_at = perf_counter() + MAX_TIME_SLICE_S
    while written:
        written.pop()
        if perf_counter() > ends_at:
            asyncio.get_running_loop().call_soon(_free, written)
            return


def _parts(value: Any, written: list[Any], levels: int = SLICED_LEVELS) -> Iterator[bytes | memoryview]:
    """Yield the JSON of a value in parts: long lists in slices, other values one by one while they are large.

    Whether they are is looked at every few levels: that takes longer than to write what is small. What each
    part was made from is appended to `written`.
    """
    before = b""
    if not value or not isinstance(value, dict | list) or (not levels and _is_small(value)):
        written.append(value)
        yield orjson.dumps(value, option=WRITTEN)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield (before or b"{") + orjson.dumps(key) + b":"
            yield from _parts(one, written, (levels or SLICED_LEVELS) - 1)
            before = b","
        yield b"}"
    elif len(value) > PARTS:
        size = min(len(value) // PARTS, WRITE_BATCH_SIZE)
        for begin in range(0, len(value), size):
            written.append(value[begin : begin + size])
            yield before or b"["
            yield memoryview(orjson.dumps(written[-1], option=WRITTEN))[1:-1]
            before = b","
        yield b"]"
    else:
        for one in value:
            yield before or b"["
            yield from _parts(one, written, (levels or SLICED_LEVELS) - 1)
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
