"""Competitors: start each one, send it load, and measure CPU and memory."""

import json
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import Databases
from bench.filling import Marks
from bench.load import Driven, Load, drive
from bench.operations import JSON_AGG, OURS, POSTGRAPHILE, Asking, Operation, pgbench_script
from bench.processes import Cores, cpu_seconds, free_port, memory_mb, run_pinned, running
from bench.tools import Node, pgbench

LONGEST_TURN_S = 60  # limit when no response arrives within a turn
SETTLED_WITHIN_S = 30.0
IDLE_S, IDLE_SHARE = 0.1, 0.25  # CPU time is counted in steps of 10 ms on some systems
CONNECTIONS = 20  # to PostgreSQL, for each competitor: the size of our own pool
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Sample:
    """Measurements of one turn of one competitor."""

    rps: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    requests: int


class WrongAnswers(Exception):
    """Requests failed or were not applied, which makes the turn invalid."""


@dataclass(frozen=True)
class Arena:
    """Resources shared by all competitors: database server, cores, load generator and folders."""

    databases: Databases
    cores: Cores
    load: str
    folder: Path
    logs: Path


@dataclass(frozen=True)
class Competitor:
    """One competitor with its own database; `pid` is that of its server, if it has one."""

    name: str
    kind: str
    arena: Arena
    database: str
    marks: Marks
    pid: int | None = None
    port: int = 0

    @property
    def url(self) -> str:
        """Return the URL of its GraphQL endpoint."""
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def authorization(self) -> str:
        """Return the Authorization header of our server; the others do not authenticate."""
        return f"Bearer {self.marks.token}" if self.kind == OURS else ""

    @property
    def asking(self) -> Asking:
        """Return the request builder for its database."""
        return Asking(self.marks)

    def memory_mb(self) -> float | None:
        """Return the memory of its server in MB."""
        return None if self.pid is None else memory_mb(self.pid)

    def cpu_seconds(self) -> float:
        """Return the CPU time so far of its server and PostgreSQL, which serve one turn at a time."""
        server = cpu_seconds(self.pid) if self.pid is not None else 0.0
        return server + self.arena.databases.cpu_seconds()

    def turn(self, operation: Operation, seconds: float) -> Sample:
        """Run one turn of so many seconds and check that its requests were applied."""
        if operation.writes:
            self.arena.databases.checkpoint()
        position, before = self._position(operation), self.cpu_seconds()
        driven = self._drive(operation, seconds)
        if not driven.requests and seconds < LONGEST_TURN_S:
            self._settle()
            return self.turn(operation, seconds * 4)
        self._settle()
        cpu = self.cpu_seconds() - before
        self._check(operation, driven, self._position(operation) - position)
        # Requests in flight at the end were also worked on, although no response was received.
        worked_on = driven.requests + (0 if self.pid is None else operation.callers)
        return Sample(
            rps=driven.rps,
            p50_ms=driven.p50_ms,
            p99_ms=driven.p99_ms,
            cpu_ms=cpu / worked_on * 1e3,
            requests=driven.requests,
        )

    def _settle(self) -> None:
        """Wait until requests in flight are done, so that they do not count in the next turn."""
        until = time.monotonic() + SETTLED_WITHIN_S
        before = self.cpu_seconds()
        while time.monotonic() < until:
            time.sleep(IDLE_S)
            after = self.cpu_seconds()
            if after - before <= IDLE_S * IDLE_SHARE:
                return
            before = after

    def _drive(self, operation: Operation, seconds: float) -> Driven:
        if self.pid is None:
            return _by_pgbench(self, operation, seconds)
        bodies = self.bodies_file(operation)
        load = Load(self.url, bodies, self.authorization, operation.callers, seconds)
        return drive(load, by=self.arena.load, core=self.arena.cores.rest)

    def bodies_file(self, operation: Operation) -> Path:
        """Write the requests of the operation, one per line, and return the file."""
        path = self.arena.folder / f"{self.name}-{operation.document}.jsonl"
        if not path.exists():
            made = (json.dumps(body) for body in self.asking.bodies(self.kind, operation.document))
            path.write_text("\n".join(made) + "\n")
        return path

    def _position(self, operation: Operation) -> int:
        """Return how many mutations, or for competitors check-ins, have been recorded."""
        if not operation.writes:
            return 0
        counter = "seq from feed_head" if self.kind == OURS else "last_value + is_called::int from bench.seq"
        return int(self.arena.databases.value(f"select {counter}", database=self.database))

    def _check(self, operation: Operation, driven: Driven, recorded: int) -> None:
        if driven.failed or not driven.requests:
            raise WrongAnswers(f"{self.name}, {operation.name}: {driven}")
        if operation.writes and recorded < driven.requests:
            raise WrongAnswers(f"{self.name}, {operation.name}: {driven.requests} asked, {recorded} recorded")


# ── Servers ─────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def our_server(arena: Arena, name: str, database: str, marks: Marks) -> Iterator[Competitor]:
    """Start our service as shipped, with one worker."""
    port = free_port()
    command = [sys.executable, "-m", "okr_api.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    environment = {
        "OKR_DATABASE_URL": arena.databases.server.dsn_of(database),
        "OKR_LOG_LEVEL": "warning",
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), os.environ.get("PYTHONPATH", ""))),
    }
    with running(
        command,
        environment=environment,
        folder=ROOT,
        port=port,
        core=arena.cores.server,
        log=arena.logs / f"{name}.log",
    ) as pid:
        yield Competitor(name, OURS, arena, database, marks, pid, port)


@contextmanager
def postgraphile_server(arena: Arena, database: str, marks: Marks, node: Node) -> Iterator[Competitor]:
    """Start PostGraphile with one worker."""
    port = free_port()
    environment = {
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "BENCH_PORT": str(port),
        "BENCH_CONNECTIONS": str(CONNECTIONS),
        "BENCH_DATABASE_URL": arena.databases.server.dsn_of(database),
    }
    with running(
        [str(node.program), "server.mjs"],
        environment=environment,
        folder=node.folder,
        port=port,
        core=arena.cores.server,
        log=arena.logs / "postgraphile.log",
    ) as pid:
        yield Competitor(POSTGRAPHILE, POSTGRAPHILE, arena, database, marks, pid, port)


@contextmanager
def json_agg_server(arena: Arena, database: str, marks: Marks) -> Iterator[Competitor]:
    """Start the json_agg application on the same uvicorn, event loop and parser as ours."""
    port = free_port()
    uvicorn = ["uvicorn", "bench.bare:app", "--host", "127.0.0.1", "--port", str(port)]
    fast = ["--loop", "uvloop", "--http", "httptools", "--ws", "none", "--no-access-log"]
    quiet = ["--no-server-header", "--log-level", "warning"]
    environment = {
        "BENCH_CONNECTIONS": str(CONNECTIONS),
        "BENCH_DATABASE_URL": arena.databases.server.dsn_of(database),
    }
    with running(
        [sys.executable, "-m", *uvicorn, *fast, *quiet],
        environment=environment,
        folder=ROOT,
        port=port,
        core=arena.cores.server,
        log=arena.logs / "json_agg.log",
    ) as pid:
        yield Competitor(JSON_AGG, JSON_AGG, arena, database, marks, pid, port)


# ── pgbench ─────────────────────────────────────────────────────────────────────────────────────────────────


def _by_pgbench(competitor: Competitor, operation: Operation, seconds: float) -> Driven:
    """Run the statement alone: prepared, over the socket, without a server in between."""
    dsn = competitor.arena.databases.server.dsn_of(competitor.database)
    callers = min(operation.callers, CONNECTIONS)  # more would only wait, as for any competitor's pool
    with tempfile.TemporaryDirectory(prefix="okr-bench-") as folder:
        script = Path(folder, "script.sql")
        script.write_text(pgbench_script(competitor.marks, operation.document))
        options = [
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={callers}",
            f"--time={math.ceil(seconds)}",
        ]
        logged = ["--log", f"--log-prefix={folder}/log"]
        said = run_pinned(
            [str(pgbench()), *options, *logged, f"--file={script}", dsn],
            core=competitor.arena.cores.rest,
            limit_s=seconds + 60,
        )
        lines = [line for log in Path(folder).glob("log.*") for line in log.read_text().splitlines()]
    latencies = sorted(int(line.split()[2]) / 1e3 for line in lines) or [0.0]
    rps = re.search(r"tps = ([\d.]+)", said)
    failed = re.search(r"failed transactions: (\d+)", said)
    assert rps is not None
    return Driven(
        requests=len(lines),
        seconds=len(lines) / float(rps[1]),
        bytes=0,
        p50_ms=latencies[len(latencies) // 2],
        p99_ms=latencies[len(latencies) * 99 // 100],
        failed=int(failed[1]) if failed else 0,
    )
