"""Prometheus metrics of a server process, if enabled."""

from prometheus_client.parser import text_string_to_metric_families

from okr_api.okr.change import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.serving import Server, serving

OF_A_WRONG_KIND = "query ($id: ID!) { objective(id: $id) { id } }"


async def samples(server: Server) -> dict[tuple[str, ...], float]:
    """Request the metrics without a token and return them by name and labels."""
    response = await server.client(None).http.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(response.text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


async def test_who_answered_and_why_is_counted(acme: Acme, acme_url: str):
    async with serving(acme_url, metrics=True, compiled=True) as running:
        client = running.client(acme.token)
        await client.ask("{ seq }")
        await client.problem(OF_A_WRONG_KIND, id=5.5)
        tree = "query ($of: ID!) { objectiveTree(rootId: $of) { rows { depth } } }"
        rows = len((await client.one(tree, of=encode_id(NodeType.OBJECTIVE, acme.customers_stay)))["rows"])
        async with running.socket(acme.token) as socket:
            await socket.follow("subscription { changes { seq } }")
            found = await samples(running)
    assert found["okr_operations_total", "plan"] == 2
    assert found["okr_operations_total", "graphql_core"] == 1
    assert found["okr_fallbacks_total", "operation", "variables of the wrong kind"] == 1
    assert found["okr_sockets",] == 1
    assert found["okr_subscriptions_total",] == 1
    assert found["okr_layouts_rows",] == rows + 1
    assert found["process_resident_memory_bytes",] > 0


async def test_nothing_is_told_where_nobody_wants_to_know(acme: Acme, acme_url: str):
    async with serving(acme_url) as running:
        assert (await running.client(acme.token).http.get("/metrics")).status_code == 404
