"""The plan cache is bounded in bytes, however many plans a document has."""

import gc
import tracemalloc

import pytest

from okr_api.graphql.execution import operation_cache
from okr_api.transport.websocket_route import WebSocketRoute
from tests.acme import Acme
from tests.serving import serving

MIB = 1024 * 1024
FIELDS = "id title description status progress owner { id name } team { id name } cycle { id name }"
CHILDREN = " ".join(f"c{number}: children {{ ...F }}" for number in range(20))
DOCUMENT = f"""
    query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!) {{
        a: seq @include(if: $a) b: seq @include(if: $b) c: seq @include(if: $c) d: seq @include(if: $d)
        objectives(first: 1) {{ nodes {{ ...F {CHILDREN} }} }}
    }}
    fragment F on Objective {{ {FIELDS} keyResults {{ {FIELDS} }} }}
""".replace("team { id name } cycle { id name } }", "}")


async def test_the_plans_of_a_document_in_all_its_shapes_are_bounded(
    acme: Acme, acme_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(operation_cache, "MAX_PLAN_BYTES", MIB)
    async with serving(acme_url, compiled=True) as served:
        client = served.client(acme.token)
        await client.ask("{ seq }")
        gc.collect()
        tracemalloc.start()
        try:
            for shape in range(16):
                await client.ask(
                    DOCUMENT, **{name: bool(shape >> bit & 1) for bit, name in enumerate("abcd")}
                )
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert isinstance(served.sockets, WebSocketRoute)
        kept = served.sockets.executors.compiled.documents._shapes
        assert served.sockets.executors.compiled.answered == 17
        assert MIB // 2 < kept.bytes <= MIB
        assert 1 < len(kept) < 16
        assert grown < 2.5 * MIB
