"""Server under attack: run `okr-api serve` with an embedded PostgreSQL and monitor it from outside."""

import os
import re
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from bench.processes import free_port, running

ROOT = Path(__file__).parents[1]
EVERY_S = 0.1
MAX_ADDRESS_SPACE_BYTES = 6 * 2**30
METRIC_LIMIT_S = 5.0
BLOCKS = re.compile(
    r'^okr_event_loop_blocked_seconds_bucket\{clock="cpu",le="([^"]+)"\} (\S+)$', re.MULTILINE
)


@dataclass(frozen=True)
class Served:
    """A running server and the folder of its database."""

    port: int
    pid: int
    folder: Path
    log: Path

    @property
    def postmaster(self) -> int:
        """Return the pid of the embedded PostgreSQL."""
        return int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])

    def is_alive(self) -> bool:
        """Return whether the server responds as ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=10) as said:
                return bool(said.status == 200)
        except OSError:
            return False

    def blocks(self) -> dict[float, int]:
        """Return the number of event-loop blocks by upper bound in seconds; empty if not measured."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/metrics", timeout=METRIC_LIMIT_S
            ) as said:
                found = BLOCKS.findall(said.read().decode())
        except OSError:
            return {}
        counts, before = {}, 0
        for bound, count in found:
            counts[float(bound)] = int(float(count)) - before
            before = int(float(count))
        return counts


def longest_block_s(before: dict[float, int], after: dict[float, int]) -> float | None:
    """Return the upper bound of the longest block between two counts, or None."""
    grown = [bound for bound, count in after.items() if count > before.get(bound, 0)]
    return max(grown, default=None)


@contextmanager
def serving(folder: Path, *, source: Path, log: Path) -> Iterator[Served]:
    """Run a server of the code in `source` on the cluster in `folder`, at default limits, for the context."""
    port = free_port()
    command = [sys.executable, "-m", "okr_api.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    environment = {
        "OKR_DATABASE_URL": "",
        "OKR_DATA_DIR": str(folder),
        "OKR_METRICS": "on",
        "PYTHONPATH": os.pathsep.join((str(source / "src"), os.environ.get("PYTHONPATH", ""))),
    }
    with running(command, environment=environment, folder=source, port=port, core=None, log=log) as pid:
        if hasattr(psutil, "RLIMIT_AS"):  # an unprotected server must not exhaust the machine
            psutil.Process(pid).rlimit(psutil.RLIMIT_AS, (MAX_ADDRESS_SPACE_BYTES,) * 2)
        yield Served(port, pid, folder, log)


class Memory:
    """Monitor of the memory of the server and of PostgreSQL's processes in MB, sampled ten times a second."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.server_mb = self.backends_mb = self.log_mb = 0.0  # at the start
        self.server_peak_mb = self.backends_peak_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self.server_mb = self.server_peak_mb = self._of_server()
        self.backends_mb = self.backends_peak_mb = self._of_backends()
        self.log_mb = self._of_log()
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self._thread.join()
        self.log_mb = self._of_log() - self.log_mb

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            self.server_peak_mb = max(self.server_peak_mb, self._of_server())
            self.backends_peak_mb = max(self.backends_peak_mb, self._of_backends())

    def _of_server(self) -> float:
        try:
            return float(psutil.Process(self.served.pid).memory_info().rss) / 2**20
        except psutil.NoSuchProcess:
            return 0.0

    def _of_backends(self) -> float:
        """Return the memory of PostgreSQL's processes, without shared memory."""
        total = 0
        try:
            for one in psutil.Process(self.served.postmaster).children():
                try:
                    held = one.memory_info()
                    total += held.rss - getattr(held, "shared", 0)
                except psutil.NoSuchProcess:
                    continue
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
            return 0.0
        return total / 2**20

    def _of_log(self) -> float:
        return self.served.log.stat().st_size / 2**20
