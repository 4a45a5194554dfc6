"""Other processes that share an embedded server, and what can be observed of a server from outside."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil

from okr_api.store.embedded import EmbeddedPostgres
from okr_api.store.embedded.locks import is_held

WAIT_LIMIT_S = 20.0

STAYS_UNTIL_TOLD = """
import sys
from pathlib import Path
from okr_api.store.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(server.dsn, flush=True)
    sys.stdin.read()
"""


class Guest:
    """A process that shares the server until it is told to leave or is killed."""

    def __init__(self, folder: Path, *, uid: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", STAYS_UNTIL_TOLD, str(folder)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            user=uid,
            start_new_session=True,
        )

    def arrives(self) -> str:
        assert self.process.stdout is not None
        dsn = self.process.stdout.readline().strip()
        assert dsn, "the guest did not get a server"
        return dsn

    def leaves(self) -> None:
        self.process.communicate(timeout=WAIT_LIMIT_S)
        assert self.process.returncode == 0

    def killed(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=WAIT_LIMIT_S)


def runs(folder: Path) -> bool:
    return folder.exists() and is_held(folder / "server.lock")


def postmaster_of(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "postgres" / "postmaster.pid").read_text().split()[0]))


def wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_LIMIT_S
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)


async def ask(dsn: str, question: str = "select 1") -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def remember(server: EmbeddedPostgres) -> None:
    await ask(server.dsn, "create table remembered as select 42 as answer")


async def remembers(server: EmbeddedPostgres) -> bool:
    return await ask(server.dsn, "select answer from remembered") == 42
