"""Fixtures for the command line: real processes, on a database or a data folder of the test."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from click.testing import CliRunner, Result

from okr_api.cli import main
from okr_api.store.database import Database
from tests.house.tree import ROOT
from tests.store.embedded.guests import postmaster_of, runs, wait_until

LIMIT_S = 120
POLL_S = 0.05
T = TypeVar("T")
COMMAND = (sys.executable, "-m", "okr_api.cli")


def environment(**variables: object) -> dict[str, str]:
    """Return the environment without OKR_ variables, plus these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OKR_")}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    if kept.pop("PYTHONDONTWRITEBYTECODE", None):  # otherwise each process compiles all its imports
        kept["PYTHONPYCACHEPREFIX"] = str(ROOT / ".pytest_cache" / "pycache")
    return kept | {f"OKR_{name.upper()}": str(value) for name, value in variables.items()}


def process(*words: object, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in its own process, with OKR_ variables."""
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def okr_api(*words: object, **variables: object) -> Result:
    """Run a command in this process, several times as fast; only for tests that are not asynchronous."""
    here: dict[str, str | None] = {name: None for name in os.environ if name.startswith("OKR_")}
    here |= {f"OKR_{name.upper()}": str(value) for name, value in variables.items()}
    return CliRunner(env=here).invoke(main, [str(word) for word in words], prog_name="okr-api")


def looked_up(url: str, look: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database at a URL and return the result of `look`."""

    async def opened() -> T:
        async with Database.open(url, most_connections=2) as database:
            return await look(database)

    return asyncio.run(opened())


class Running:
    """A command that runs until it is stopped; its output goes to a file."""

    def __init__(self, said: Path, *words: object, **variables: object) -> None:
        self.said = said
        with said.open("w") as file:
            self.process = subprocess.Popen(
                [*COMMAND, *map(str, words)],
                env=environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def heard(self, word: str) -> str:
        """Wait for a line of output with this word and return it."""
        until = time.monotonic() + LIMIT_S
        while True:
            for line in self.said.read_text().splitlines():
                if word in line:
                    return line
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < until, self.said.read_text()
            time.sleep(POLL_S)

    def stopped(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to the first process only and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(LIMIT_S)

    def workers(self) -> list[psutil.Process]:
        """Return the worker processes."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def end(self) -> None:
        """Kill all processes that are left, including workers without their parent."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(LIMIT_S)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*words: object, **variables: object) -> Running:
        started.append(Running(tmp_path / f"said-{len(started)}", *words, **variables))
        return started[-1]

    yield start
    for running in started:
        running.end()


@pytest.fixture
def folder(fast_path: Path) -> Iterator[Path]:
    """Yield a data folder; kill its database server after the test."""
    folder = fast_path / ".okr"
    yield folder
    if runs(folder):
        postmaster = postmaster_of(folder)
        for process in (postmaster, *postmaster.children()):
            process.kill()
        psutil.wait_procs([postmaster], timeout=1)
        wait_until(lambda: not runs(folder))
