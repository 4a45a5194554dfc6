"""Heavy legitimate work (close, review, import), and a database that is killed."""

import asyncio
import itertools
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg

from attack.client import Attacker
from attack.table import attack
from attack.wire import dumped, label, request

ROOT = Path(__file__).parents[2]
IMPORT_LIMIT_S = 250.0
WRITING_AGAIN_S = 10.0
KEY = "attack-kill-"
REVIEW = "mutation($id: ID!) { cycleReview(input: { cycle: {id: $id} }) { seq errors { code message } } }"
CLOSE = (
    'mutation($id: ID!) { cycleClose(input: { cycle: {id: $id}, notMeasuredReason: "Never measured" }) '
    "{ seq errors { code message } deltas { nodeId } } }"
)
REOPEN = (
    'mutation($id: ID!) { cycleReopen(input: { cycle: {id: $id}, reason: "Too soon" }) '
    "{ seq errors { code } } }"
)
CHECK_IN = "mutation($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq errors { code } } }"


async def _of_the_cycle(attacker: Attacker, *mutations: str) -> None:
    cycle = attacker.organization("benchmark")["cycle"]
    for mutation in itertools.cycle(mutations):
        await attacker.once({"query": mutation, "variables": {"id": cycle}}, org="benchmark")
        if attacker.is_over:
            break


@attack("3a-close", "A cycle of 10,000 objectives is reviewed, closed, and reopened")
async def a_cycle_closes(attacker: Attacker) -> None:
    """Move 35,000 numbers in one change."""
    await _of_the_cycle(attacker, REVIEW, CLOSE, REOPEN)


@attack("3b-followed", "The same, while ten follow that organisation")
async def a_followed_cycle_closes(attacker: Attacker) -> None:
    """Deliver the change to ten subscribers."""
    query = "subscription { changes { seq deltas { nodeId progressBefore progressAfter node { id } } } }"
    sockets = []
    for _ in range(10):
        socket = attacker.socket(attacker.token("benchmark"))
        await socket.open()
        socket.subscribe({"query": query})
        sockets.append(socket)

    async def read(socket: Any) -> None:
        while True:
            await socket.message()

    reading = [asyncio.create_task(read(socket)) for socket in sockets]
    await _of_the_cycle(attacker, REVIEW, CLOSE, REOPEN)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)


async def _command(attacker: Attacker, *arguments: str) -> None:
    """Run a command of the service in a separate process and count its exit code."""
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "okr_api.cli",
        *arguments,
        env={**os.environ, "OKR_DATABASE_URL": attacker.target.dsn, "PYTHONPATH": attacker.target.source},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(IMPORT_LIMIT_S):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        attacker.notes.append(f"HARM: {arguments[0]} took more than {IMPORT_LIMIT_S:g} s")
        return
    attacker.count(f"{arguments[0]}: {process.returncode} in {time.monotonic() - begun:.0f} s")
    if process.returncode:
        attacker.notes.append("HARM: " + said.decode()[-300:])


@attack("4a-import", "The benchmark's organisation is exported and imported", seconds=1)
async def an_import(attacker: Attacker) -> None:
    """Import into a new organisation with the commands of the service."""
    file = Path(attacker.target.folder, "benchmark.jsonl")
    await _command(attacker, "export", "--organization", "benchmark", str(file))
    await _command(attacker, "organization", "create", "imported")
    await _command(attacker, "import", "--organization", "imported", str(file))


@attack("4b-dry-run", "The same with --dry-run, into an organisation that others write to", seconds=1)
async def a_dry_run(attacker: Attacker) -> None:
    """Dry-run into the organisation that the neighbour's honest clients write to."""
    file = Path(attacker.target.folder, "benchmark.jsonl")
    await _command(attacker, "export", "--organization", "benchmark", str(file))
    await _command(attacker, "import", "--dry-run", "--organization", "neighbor", str(file))


@attack("5-killed", "PostgreSQL is killed under write load: written again soon, nothing lost", outage_s=12)
async def the_postmaster_is_killed(attacker: Attacker) -> None:
    """Kill PostgreSQL; every acknowledged check-in must exist afterwards."""
    known = attacker.organization("neighbor")
    acknowledged: list[str] = []
    times: list[float] = []
    numbers = itertools.count()

    async def write() -> None:
        connection = attacker.connection()
        while not attacker.is_over:
            number = next(numbers)
            key = f"{KEY}{number}"
            key_result = known["key_results"][number % len(known["key_results"])]
            given = {"keyResult": {"id": key_result}, "value": number % 50, "idempotencyKey": key}
            data = request(
                dumped({"query": CHECK_IN, "variables": {"input": given}}), known["tokens"]["attacker"]
            )
            answer = await attacker.ask(connection, data)
            if label("", answer) == "" and b'"seq":' in answer and b'"errors":[]' in answer:
                acknowledged.append(key)
                times.append(time.monotonic())
            else:
                await asyncio.sleep(0.05)
        connection.close()

    async def kill() -> None:
        await asyncio.sleep(1)
        os.kill(postmaster_of(attacker), signal.SIGKILL)
        killed = time.monotonic()
        attacker.until = killed + WRITING_AGAIN_S + 2
        while not (times and times[-1] > killed + 0.5):
            if attacker.is_over:
                attacker.notes.append(f"HARM: not written again within {WRITING_AGAIN_S:g} s")
                return
            await asyncio.sleep(0.05)
        attacker.notes.append(f"written again {times[-1] - killed:.1f} s after")
        attacker.until = time.monotonic() + 1

    attacker.until += WRITING_AGAIN_S
    async with asyncio.TaskGroup() as group:
        group.create_task(kill())
        for _ in range(8):
            group.create_task(write())
    await _look_for(attacker, acknowledged)


def postmaster_of(attacker: Attacker) -> int:
    """Return the pid of the PostgreSQL postmaster."""
    return int(Path(attacker.target.folder, "postgres", "postmaster.pid").read_text().split()[0])


async def _look_for(attacker: Attacker, acknowledged: list[str]) -> None:
    try:
        connection = await asyncpg.connect(attacker.target.dsn)
    except (OSError, asyncpg.PostgresError) as problem:
        attacker.notes.append(f"HARM: no database: {problem!r}"[:200])
        return
    found = await connection.fetch(
        "select i.key from idempotency i join check_in c using (organization_id, seq) "
        "where starts_with(i.key, $1)",
        KEY,
    )
    await connection.close()
    lost = set(acknowledged) - {row["key"] for row in found}
    attacker.notes.append(f"{'HARM: ' if lost else ''}{len(acknowledged)} acknowledged, {len(lost)} lost")
