"""Prometheus metrics of a server process, if enabled."""

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.services.jobs import job_runner
from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving

JOBS = ("prune-feed", "prune-idempotency", "verify", "clock")
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
    assert (
        found["okr_layouts_rows",] == rows + 2
    )  # one for the layout, and one for the restricted objectives in it
    assert found["process_resident_memory_bytes",] > 0


async def test_what_background_jobs_do_is_counted(acme: Acme, acme_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(job_runner, "JOB_START_DELAY_S", 0.0)
    await acme.fetch("update change set recorded_at = recorded_at - interval '31 days' where seq <= 7")
    async with (
        serving(acme_url, metrics=True, feed_days=30, clock_interval_s=60) as running,
        asyncio.timeout(PATIENCE_S),
    ):
        found = await samples(running)
        while any(("okr_job_last_success_timestamp_seconds", job) not in found for job in JOBS):
            found = await samples(running)
    assert {found["okr_job_runs_total", job] for job in JOBS} == {1}
    assert {found["okr_job_failures_total", job] for job in JOBS} == {0}
    assert [found["okr_job_items_total", job] for job in JOBS] == [7, 0, 0, 0]
    assert found["okr_job_seconds_total", "prune-feed"] > 0
    finished = await acme.fetch("select name, extract(epoch from finished_at)::float8 as at from job")
    assert len(finished) == 4
    for row in finished:
        assert found["okr_job_last_success_timestamp_seconds", row["name"]] == pytest.approx(row["at"])
    [head] = await acme.fetch("select oldest_seq from feed_head")
    assert head["oldest_seq"] == 8


async def test_jobs_that_are_switched_off_do_not_run(acme: Acme, acme_url: str):
    async with serving(acme_url, metrics=True, feed_days=0, clock_interval_s=0) as running:
        jobs = {job for name, *rest in await samples(running) if name == "okr_job_runs_total" for job in rest}
    assert jobs == {"prune-idempotency", "verify"}


async def test_nothing_is_told_where_nobody_wants_to_know(acme: Acme, acme_url: str):
    async with serving(acme_url) as running:
        assert (await running.client(acme.token).http.get("/metrics")).status_code == 404
