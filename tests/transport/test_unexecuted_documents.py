"""Parsing, validating, planning and coercing client input does not block the event loop.

Each of these once blocked it for one second to two minutes. The bound is generous because machines are busy.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest

from tests import conftest
from tests.acme import World
from tests.serving import Server, serving

LONGEST_BLOCK_S = 0.8
FILTERED = "query ($or: [ObjectiveFilter!]) { objectives(filter: { or: $or }) { totalCount } }"
RECORDED = "mutation ($input: CheckInRecordManyInput!) { checkInRecordMany(input: $input) { seq } }"
OF_KINDS = "query ($filter: ChangeFilter) { changes(after: 0, filter: $filter) { nodes { seq } } }"
NESTED = '{ cycle(id: "x") { ...F0 } }' + "".join(
    f" fragment F{i} on Cycle {{ id parent {{ ...F{i + 1} }} parent {{ ...F{i + 1} }} }}" for i in range(20)
)
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "nested fragments": (f"{NESTED} fragment F20 on Cycle {{ id }}", {}),
    "a field 600 times": ("{" + " viewer { name }" * 600 + "}", {}),
    "introspection 240 times": ("{ __schema { types {" + " fields { type { ofType { name } } }" * 240 + "} } }", {}),
    "unknown fields in a filter": ("{ objectives(filter: {" + "".join(f" q{i}: 1" for i in range(780)) + " }) { totalCount } }", {}),
    "empty filters": (FILTERED, {"or": [{}] * 250_000}),
    "literal filters": ("{ objectives(filter: { or: [" + "{}" * 1_200 + "] }) { totalCount } }", {}),
    "check-ins": (RECORDED, {"input": {"items": [{}] * 19_900}}),
    "kinds": (OF_KINDS, {"filter": {"kinds": ["NONE"] * 58_000}}),
    "unknown fields": (RECORDED, {"input": {f"x{i}": 1 for i in range(60_000)}}),
}  # fmt: skip


@pytest.fixture(scope="module")
async def served(
    server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, str]]:
    async with server.copy_of(acme_template[0]) as name, serving(server.url_of(name)) as running:
        yield running, acme_template[1].token


@asynccontextmanager
async def longest_block() -> AsyncIterator[list[float]]:
    """Measure the longest block of the event loop, which is added to the yielded list on exit."""
    ticks, found = [monotonic()], list[float]()

    async def watch() -> None:
        while True:
            await asyncio.sleep(0.005)
            ticks.append(monotonic())

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()
        ticks.append(monotonic())
        found.append(max(later - earlier for earlier, later in pairwise(ticks)))


@pytest.mark.parametrize("accept", ("application/json", "text/event-stream"))
@pytest.mark.parametrize("what", REQUESTS)
async def test_what_is_not_executed_does_not_hold_the_loop(
    what: str, accept: str, served: tuple[Server, str]
):
    text, variables = REQUESTS[what]
    client = served[0].client(served[1])
    async with longest_block() as found:
        response = await client.http.post(
            "/graphql", json={"query": text, "variables": variables}, headers={"Accept": accept}
        )
    assert response.status_code in (200, 400)
    assert max(found) < LONGEST_BLOCK_S
