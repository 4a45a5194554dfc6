"""JSON writer: a response is the same in parts as in one piece, and its size is known before."""

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_api.graphql.execution import json_writer
from okr_api.graphql.execution.json_writer import PARTS, dump_answer
from okr_api.okr.errors import TooMany
from okr_api.query_engine.answer_size import count_bytes

names = st.text("abc_", max_size=3)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2 * PARTS + 3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=200,
)


@given(values, st.integers(0, 5))
async def test_an_answer_is_the_same_in_parts(value: Any, small: int):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_writer, "MAX_UNSLICED_OBJECTS", small)
        assert await dump_answer(value) == orjson.dumps(value)


def nested(levels: int, children: int) -> dict[str, Any]:
    """Return a tree in which each object has this many children."""
    return {
        "title": "x" * 50,
        "children": [nested(levels - 1, children) for _ in range(children * bool(levels))],
    }


def test_a_nested_answer_is_written_in_few_parts_none_of_which_is_large():
    tree = {"data": nested(5, 5)}  # 3,906 objects, each with a list
    parts = list(json_writer._parts(tree, []))
    assert b"".join(parts) == orjson.dumps(tree)
    assert len(parts) < 3_906 / 10
    assert max(map(len, parts)) < len(orjson.dumps(tree)) / 4


def test_no_part_is_large_however_deep_it_lies():
    long: dict[str, Any] = {"text": "x"}
    for level in range(40):
        beside = [{"text": "y" * 50_000, "children": []}] * (level % 9)
        long = {"text": "x" * 50_000, "children": [long, *beside]}
    deep: dict[str, Any] = {"data": nested(5, 5)}
    for _ in range(20):
        deep = {"only": [deep]}
    most = {"long": json_writer.MAX_UNSLICED_OBJECTS * json_writer.OBJECT_BYTES, "deep": 100_000}
    for name, answer in (("long", long), ("deep", deep)):
        written, parts = orjson.dumps(answer), list(json_writer._parts(answer, []))
        assert b"".join(parts) == written
        assert max(map(len, parts)) <= most[name] < len(written) / 2


@given(st.lists(values) | st.dictionaries(names, values))
async def test_the_bytes_of_an_answer_are_counted(value: Any):
    written = len(orjson.dumps(value))
    assert await count_bytes(value, written) == written
    with pytest.raises(TooMany):
        await count_bytes(value, written - 1)


async def test_what_is_shared_is_counted_as_often_as_it_is_written():
    value: Any = {"name": "Ann"}
    for _ in range(12):
        value = {"within": [value] * 2}
    written = len(orjson.dumps(value))
    assert await count_bytes(value, written) == written
    for _ in range(100):
        value = {"within": [value] * 10}
    with pytest.raises(TooMany):
        await count_bytes(value, 10**9)


async def test_a_large_answer_is_freed_in_time_slices(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_writer, "MAX_TIME_SLICE_S", 0)
    freed = 0

    class Counted(dict[str, int]):
        def __del__(self) -> None:
            nonlocal freed
            freed += 1

    many, each = 20 * json_writer.WRITE_BATCH_SIZE, [0]
    answer: Any = {"data": {"nodes": [Counted(place=place) for place in range(many)]}}
    await dump_answer(answer)
    del answer
    assert freed == 0
    while freed < many:
        before = freed
        await asyncio.sleep(0)
        each.append(freed - before)
    assert max(each) == json_writer.WRITE_BATCH_SIZE
