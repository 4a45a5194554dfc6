"""Supervision: an embedded PostgreSQL killed under load is restarted and keeps all acknowledged writes."""

import asyncio
from contextlib import suppress
from itertools import count, pairwise
from pathlib import Path
from time import monotonic

import asyncpg
import httpx2
import pytest

from okr_api.store.embedded import EmbeddedPostgres, supervised
from tests.serving import PATIENCE_S, Client, serving_apart
from tests.store.embedded.guests import ask, postmaster_of

TOKEN = "a-token-of-the-test-7fQz93LmXw0RkVbT2c"
WRITING_AGAIN_LIMIT_S = 10.0
WRITERS = 3


class Load:
    """Writers that continue whatever happens, and record which writes were acknowledged, and when."""

    def __init__(self) -> None:
        self.numbers = count()
        self.acknowledged: dict[str, float] = {}
        self.more = asyncio.Condition()

    async def write(self, client: Client) -> None:
        """Create people, one after another."""
        while True:
            name = f"Person {next(self.numbers)}"
            with suppress(AssertionError, httpx2.HTTPError):
                await client.do("personCreate", name=name)
                self.acknowledged[name] = monotonic()
                async with self.more:
                    self.more.notify_all()

    async def at_least(self, number: int) -> None:
        """Wait until this many writes were acknowledged."""
        async with asyncio.timeout(PATIENCE_S), self.more:
            await self.more.wait_for(lambda: len(self.acknowledged) >= number)


async def not_ready(client: Client) -> None:
    """Wait until the readiness check fails."""
    async with asyncio.timeout(PATIENCE_S):
        while (await client.http.get("/health/ready")).status_code != 503:
            pass


async def test_a_server_killed_under_load_writes_again_within_ten_seconds_and_has_lost_nothing(folder: Path):
    variables = {"OKR_DATA_DIR": str(folder), "OKR_BOOTSTRAP_TOKEN": TOKEN, "OKR_RATE_LIMIT": "1000000000"}
    async with serving_apart("", **variables) as served:
        load, client = Load(), served.client(TOKEN)
        writers = [asyncio.create_task(load.write(client)) for _ in range(WRITERS)]
        await load.at_least(20)
        killed_at = monotonic()
        postmaster_of(folder).kill()
        await not_ready(client)
        await load.at_least(len(load.acknowledged) + 20)
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
        assert (await client.http.get("/health/ready")).status_code == 200
        again_s = [at - killed_at for at in load.acknowledged.values()]
        down_s = max(b - a for a, b in pairwise(again_s))
        assert down_s < WRITING_AGAIN_LIMIT_S
        with EmbeddedPostgres(folder) as postgres:
            connection = await asyncpg.connect(postgres.dsn)
            names = {row["name"] for row in await connection.fetch("select name from person")}
            await connection.close()
        assert load.acknowledged.keys() <= names
        assert any("is started again" in line for line in served.log)


async def test_it_is_started_again_as_often_as_it_is_killed(folder: Path, caplog: pytest.LogCaptureFixture):
    with EmbeddedPostgres(folder) as server:
        async with supervised(EmbeddedPostgres(folder)):
            for times in (1, 2):
                postmaster_of(folder).kill()
                async with asyncio.timeout(PATIENCE_S):
                    while caplog.text.count("runs again") < times:
                        await asyncio.to_thread(server.is_running)
                assert await ask(server.dsn) == 1
