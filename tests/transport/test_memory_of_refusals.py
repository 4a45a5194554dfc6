"""The memory of a rejected request is freed before the garbage collector runs."""

import gc
import json
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acme import Acme
from tests.serving import Server, serving

KINDS = 58_000
OF_KINDS = "query ($filter: ChangeFilter) { changes(after: 0, filter: $filter) { nodes { seq } } }"
REQUEST = {"query": OF_KINDS, "variables": {"filter": {"kinds": ["NONE"] * KINDS}}}
TIMES = 4


@pytest.fixture
async def api(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url) as running:
        yield running


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Disable the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def kept() -> int:
    """Return the number of lists with `KINDS` values in memory."""
    return sum(type(one) is list and len(one) == KINDS for one in gc.get_objects())


async def refused(api: Server, acme: Acme, transport: str) -> str:
    """Send a request that is rejected and return the text of the response."""
    if transport == "socket":
        async with api.socket(acme.token) as socket:
            return json.dumps(await (await socket.ask(REQUEST)).message())
    response = await api.client(acme.token).http.post("/graphql", json=REQUEST, headers={"Accept": transport})
    return response.text


@pytest.mark.parametrize("transport", ("application/json", "text/event-stream", "socket"))
async def test_the_variables_of_refused_operations_do_not_stay(
    transport: str, api: Server, acme: Acme, uncollected: None
):
    before = kept()
    for _ in range(TIMES):
        assert "TOO_COMPLEX" in await refused(api, acme, transport)
    assert kept() <= before + 1  # the last one may still be referenced
