"""A second server that is frozen while it writes, with an organisation locked."""

import asyncio
import contextlib
import itertools
import os
import sys
import time
from collections.abc import AsyncIterator

import asyncpg
import psutil

from attack.cases.upheavals import CHECK_IN
from attack.client import Attacker
from attack.table import attack
from attack.wire import Connection, dumped, request
from bench.processes import free_port

MAX_HELD_S = 35.0
START_LIMIT_S = 30.0
MAX_ATTEMPTS = 300
HELD = """
    select count(*) from pg_stat_activity
    where state = 'idle in transaction' and backend_xid is not null
        and state_change < clock_timestamp() - interval '200 ms'
"""


@attack("2-frozen", "Another process is frozen while it writes to the neighbour", seconds=5, outage_s=35)
async def a_frozen_process(attacker: Attacker) -> None:
    """Freeze a writer; PostgreSQL must end its transaction, so that others can write again."""
    connection = await asyncpg.connect(attacker.target.dsn)
    async with _second_server(attacker) as (process, port):
        writing = [asyncio.create_task(_write(attacker, port)) for _ in range(4)]
        if await _freeze_in_a_transaction(process, connection):
            attacker.count("frozen in a transaction")
            begun = time.monotonic()
            async with asyncio.timeout(2 * MAX_HELD_S):
                while await connection.fetchval(HELD):  # noqa: ASYNC110  there is no event to wait for
                    await asyncio.sleep(0.2)
            held_s = time.monotonic() - begun
            harm = "HARM: " if held_s > MAX_HELD_S else ""
            attacker.notes.append(f"{harm}its transaction was ended after {held_s:.0f} s")
        else:
            attacker.notes.append("HARM: it was never frozen in a transaction, so nothing was tried")
        for task in writing:
            task.cancel()
    await connection.close()


@contextlib.asynccontextmanager
async def _second_server(attacker: Attacker) -> AsyncIterator[tuple[psutil.Process, int]]:
    """Run another server on the same database; kill it at the end, frozen or not."""
    port = free_port()
    command = ["-m", "okr_api.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    environment = {"OKR_DATABASE_URL": attacker.target.dsn, "PYTHONPATH": attacker.target.source}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env={**os.environ, **environment}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _until_ready(port)
        yield psutil.Process(process.pid), port
    finally:
        process.kill()
        await process.wait()


async def _until_ready(port: int) -> None:
    """Wait until a server has started: while it starts, it has transactions with longer limits."""
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


async def _write(attacker: Attacker, port: int) -> None:
    """Check in over and over."""
    known, connection = attacker.organization("neighbor"), Connection(port)
    for key_result in itertools.cycle(known["key_results"]):
        given = {"keyResult": {"id": key_result}, "value": 5}
        body = dumped({"query": CHECK_IN, "variables": {"input": given}})
        with contextlib.suppress(Exception):
            await connection.ask(request(body, known["tokens"]["attacker"]))
        await asyncio.sleep(0.01)


async def _freeze_in_a_transaction(process: psutil.Process, connection: asyncpg.Connection) -> bool:
    """Suspend a writing process during a transaction; return whether that succeeded."""
    for _ in range(MAX_ATTEMPTS):
        process.suspend()
        await asyncio.sleep(0.3)  # longer than any transaction of a running process
        if await connection.fetchval(HELD):
            return True
        process.resume()
        await asyncio.sleep(0.02)
    return False
