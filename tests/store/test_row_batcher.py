"""Row batcher: lookups of one row that arrive together return what each would return alone."""

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.store.row_batcher import MAX_BATCHED_KEYS, RowBatcher
from tests.acme import Acme
from tests.serving import serving

MANY = 60
ONE = "query ($id: ID!) { objective(id: $id) { title status seq: version keyResults { title progress } } }"


class SlowSource:
    """A slow source of rows that records which keys were read together."""

    def __init__(self, **rows: int) -> None:
        self.rows = rows
        self.requested: list[set[str]] = []
        self.fault: Exception | None = None

    async def read(self, keys: Sequence[str]) -> Mapping[str, int]:
        """Return the rows of the keys as they are when the read begins."""
        self.requested.append(set(keys))
        found = {key: self.rows[key] for key in keys if key in self.rows}
        await asyncio.sleep(0.01)
        if self.fault:
            raise self.fault
        return found


async def test_the_first_is_answered_at_once_and_those_that_come_meanwhile_together():
    row_batcher, source = RowBatcher[int](), SlowSource(a=1, b=2, c=3)
    found = await asyncio.gather(
        *(row_batcher.row("kind", key, source.read) for key in ("a", "b", "c", "b", "nobody"))
    )
    assert found == [1, 2, 3, 2, None]
    assert source.requested == [{"a"}, {"b", "c", "nobody"}]
    assert await row_batcher.row("kind", "a", source.read) == 1
    assert len(source.requested) == 3


async def test_other_kinds_are_not_waited_for():
    row_batcher, source = RowBatcher[int](), SlowSource(a=1)
    await asyncio.gather(*(row_batcher.row(kind, "a", source.read) for kind in ("one", "another")))
    assert source.requested == [{"a"}, {"a"}]


async def test_at_most_a_hundred_are_read_at_once():
    row_batcher, source = RowBatcher[int](), SlowSource()
    await asyncio.gather(
        *(row_batcher.row("kind", str(key), source.read) for key in range(2 * MAX_BATCHED_KEYS))
    )
    assert [len(keys) for keys in source.requested] == [1, MAX_BATCHED_KEYS, MAX_BATCHED_KEYS - 1]


async def test_nobody_is_told_what_was_read_before_they_asked():
    row_batcher, source = RowBatcher[int](), SlowSource(a=1)
    first = asyncio.create_task(row_batcher.row("kind", "a", source.read))
    await asyncio.sleep(0)
    source.rows["a"] = 2
    assert await row_batcher.row("kind", "a", source.read) == 2
    assert await first == 1


async def test_a_fault_is_the_answer_of_those_it_met_and_of_no_other():
    row_batcher, source = RowBatcher[int](), SlowSource(a=1)
    first = asyncio.create_task(row_batcher.row("kind", "a", source.read))
    await asyncio.sleep(0)
    others = [asyncio.create_task(row_batcher.row("kind", "a", source.read)) for _ in range(3)]
    assert await first == 1
    source.fault = OSError("gone")
    told = await asyncio.gather(*others, return_exceptions=True)
    assert {str(fault) for fault in told} == {"gone"}
    source.fault = None
    assert await row_batcher.row("kind", "a", source.read) == 1


@pytest.mark.parametrize("who", ("the first", "one that waits"))
async def test_a_caller_that_is_gone_harms_no_other(who: str):
    row_batcher, source = RowBatcher[int](), SlowSource(a=1, b=2)
    tasks = [asyncio.create_task(row_batcher.row("kind", key, source.read)) for key in ("a", "b", "b")]
    await asyncio.sleep(0)
    gone = tasks.pop(0 if who == "the first" else 1)
    gone.cancel()
    left = await asyncio.gather(*tasks)
    assert left[-1] == 2
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await row_batcher.row("kind", "a", source.read) == 1


async def test_together_they_are_told_what_each_is_told_alone(
    acme: Acme, acme_url: str, monkeypatch: pytest.MonkeyPatch
):
    ids = [await acme.objective(f"Number {number}") for number in range(10)]
    named = [encode_id(NodeType.OBJECTIVE, id) for id in ids] + ["obj_" + "0" * 32]
    read_at_once: list[int] = []
    row = RowBatcher.row

    async def noted(row_batcher: RowBatcher[Any], kind: Hashable, key: str, read: Any) -> Any:
        async def counted(keys: Sequence[str]) -> Any:
            read_at_once.append(len(keys))
            return await read(keys)

        return await row(row_batcher, kind, key, counted)

    monkeypatch.setattr(RowBatcher, "row", noted)
    async with serving(acme_url, compiled=True) as served:
        client = served.client(acme.token)
        alone = [await client.ask(ONE, id=id) for id in named]
        together = await asyncio.gather(*(client.ask(ONE, id=named[n % len(named)]) for n in range(MANY)))
    assert together == [alone[n % len(named)] for n in range(MANY)]
    assert alone[-1] == {"objective": None}
    assert max(read_at_once) > 1


async def test_who_has_just_written_reads_it_whoever_else_asks(acme: Acme, acme_url: str):
    id = encode_id(NodeType.OBJECTIVE, await acme.objective("At first"))
    async with serving(acme_url) as served:
        client = served.client(acme.token)
        asking = True

        async def others() -> None:
            while asking:
                await client.ask(ONE, id=id)

        readers = [asyncio.create_task(others()) for _ in range(8)]
        for number in range(20):
            await client.do("objectiveUpdate", objective={"id": id}, title=f"Version {number}")
            told = await client.ask(ONE, id=id)
            assert told["objective"]["title"] == f"Version {number}"
        asking = False
        await asyncio.gather(*readers)
