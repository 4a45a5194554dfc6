"""While PostgreSQL is frozen, authentication and readiness are still answered in time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from okr_api.store import schema_version
from okr_api.store.embedded import EmbeddedPostgres
from tests.serving import serving
from tests.store.embedded.guests import postmaster_of

ANSWER_LIMIT_S = 8.0


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Suspend every process of the test's server, for as long as the context lasts."""
    postmaster = postmaster_of(folder)
    processes = [postmaster, *postmaster.children()]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


@pytest.mark.parametrize("asks_before", (True, False), ids=("connected", "not connected"))
async def test_who_asks_and_readiness_are_answered_while_the_database_is_frozen(
    asks_before: bool, folder: Path
):
    with EmbeddedPostgres(folder) as postgres:
        await schema_version.migrate(postgres.dsn)
        async with serving(postgres.dsn) as served:
            client = served.client("okr_nobody")
            if asks_before:
                assert (await client.http.get("/health/ready")).status_code == 200
            with frozen(folder):
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    ready, asked = await asyncio.gather(
                        client.http.get("/health/ready"),
                        client.http.post("/graphql", json={"query": "{ seq }"}),
                    )
            assert ready.status_code == 503
            assert asked.status_code == 503
            assert asked.headers["Retry-After"] == "1"
            assert asked.json()["errors"][0]["extensions"]["code"] == "BUSY"
            assert (await client.http.get("/health/ready")).status_code == 200
