"""Hundreds of trees at once: few execute, the others queue or are rejected, and memory is bounded."""

import asyncio
from collections import Counter

import psutil

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import MORE_OBJECTIVES, Acme
from tests.serving import serving_apart
from tests.transport.held_requests import TREE, code_of, held_back

TREES = 300
OBJECTIVES = 19_900
MOST_GROWTH_MB = 500
SAMPLED_EVERY_S = 0.05


async def test_three_hundred_trees_at_once_take_bounded_memory(acme: Acme, acme_url: str):
    async with acme.database.writing(acme.organization.id) as connection:
        await connection.execute(MORE_OBJECTIVES, acme.never_down, OBJECTIVES)
    async with acme.database.across() as connection:
        await connection.execute("analyze objective")
    of = encode_id(NodeType.CYCLE, acme.quarter)
    async with serving_apart(acme_url) as served:
        assert served.process
        process = psutil.Process(served.process.pid)
        await served.client(acme.token).ask(TREE, of=of)
        before = peak = process.memory_info().rss
        requests = [await held_back(served, acme.token, TREE, of=of) for _ in range(TREES)]
        answers = [asyncio.create_task(one.release().answer()) for one in requests]

        async def watch() -> None:
            nonlocal peak
            while True:
                peak = max(peak, process.memory_info().rss)
                await asyncio.sleep(SAMPLED_EVERY_S)

        watching = asyncio.create_task(watch())
        came = Counter[tuple[int, str | None]]()
        for answer in answers:
            status, body = await answer
            came[status, code_of(body)] += 1
        watching.cancel()
    grown_mb = (peak - before) / 2**20
    assert grown_mb < MOST_GROWTH_MB
    assert came.total() == TREES
    assert came.keys() <= {(200, None), (429, "RATE_LIMITED"), (503, "BUSY")}
    assert came[200, None] >= 4
