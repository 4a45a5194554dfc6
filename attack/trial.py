"""Trial: run one attack with honest clients before and during it, and judge the harm."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from attack.client import Target
from attack.honest import GOOD
from attack.server import ROOT, Memory, Served, longest_block_s
from attack.table import MAX_SERVER_MB, Attack

QUIET_P99_S = 0.05  # above it, when idle, the machine is loaded
MAX_P99_S, MAX_P99_LOADED_S = 0.25, 0.5
MAX_WRITE_S = 5.0
MAX_LOG_MB = 2.0
READY_WITHIN_S = 15.0
PROCESS_LIMIT_S = 300.0
AFTERWARDS_S = 1.0  # honest clients continue: leftovers may do harm as well


@dataclass(frozen=True)
class Bounds:
    """Limits during an attack; use generous ones on machines that also do other work."""

    quiet_s: float = MAX_P99_S
    loaded_s: float = MAX_P99_LOADED_S
    of_idle: float = 0.0  # multiple of the idle figure that is always allowed

    def max_p99_s(self, idle_p99_s: float) -> float:
        """Return the longest p99 allowed, given the idle p99."""
        allowed = self.quiet_s if idle_p99_s < QUIET_P99_S else self.loaded_s
        return max(allowed, self.of_idle * idle_p99_s)


@dataclass
class Outcome:
    """Results of a row."""

    name: str
    says: str
    answers: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest_s: float = 0.0
    attacker_cpu_s: float = 0.0
    idle_p99_s: float = 0.0
    p50_s: float = 0.0
    p99_s: float = 0.0
    write_s: float = 0.0  # maximum
    failed: dict[str, int] = field(default_factory=dict)  # honest requests with any other outcome
    server_mb: float = 0.0
    server_peak_mb: float = 0.0
    backends_mb: float = 0.0  # growth
    log_mb: float = 0.0
    block_s: float | None = None
    harms: list[str] = field(default_factory=list)


@contextmanager
def honest_clients(served: Served, world: dict[str, Any], into: list[list[Any]]) -> Iterator[None]:
    """Run honest clients while the context lasts, then append their samples to `into`."""
    command = [sys.executable, "-m", "attack.honest"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps({"port": served.port, "world": world}) + "\n")
            process.stdin.flush()
            yield
            said, _ = process.communicate(timeout=PROCESS_LIMIT_S)
        except BaseException:
            process.kill()
            raise
    into += json.loads(said.rpartition("\n@")[2])


def run(attack: Attack, served: Served, target: Target, idle_s: float, bounds: Bounds) -> Outcome:
    """Run one row against a server and return the outcome."""
    outcome = Outcome(attack.name, attack.says)
    samples: list[list[Any]] = []
    with honest_clients(served, target.world, samples):
        time.sleep(idle_s)
        blocks = served.blocks()
        with Memory(served) as memory:
            seen = _attack(attack, target)
            time.sleep(min(AFTERWARDS_S, target.seconds / 2))
    outcome.block_s = longest_block_s(blocks, served.blocks())
    outcome.answers, outcome.notes = seen["answers"], seen["notes"]
    outcome.seconds = seen["ended"] - seen["begun"]
    outcome.slowest_s, outcome.attacker_cpu_s = seen["slowest_s"], seen["cpu_s"]
    outcome.server_mb, outcome.server_peak_mb = memory.server_mb, memory.server_peak_mb
    outcome.backends_mb = memory.backends_peak_mb - memory.backends_mb
    outcome.log_mb = memory.log_mb
    _time(outcome, samples, seen["begun"])
    _judge(outcome, attack, served, bounds)
    return outcome


def _attack(attack: Attack, target: Target) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "attack.attacker", attack.name],
        cwd=ROOT,
        input=json.dumps(asdict(target)),
        capture_output=True,
        text=True,
        timeout=PROCESS_LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The attacker ended with {done.returncode}: {done.stderr[-2000:]}")
    seen: dict[str, Any] = json.loads(done.stdout.rpartition("\n@")[2])
    return seen


def _time(outcome: Outcome, samples: Sequence[Sequence[Any]], begun: float) -> None:
    first = min((at for _, at, *_ in samples), default=0.0)
    idle, beside, failed = [], [], Counter[str]()
    for who, at, took_s, answer, _ in samples:
        if at < begun and at + took_s >= begun:
            continue  # sent before the attack, completed during it
        if who.startswith("query"):
            if at >= begun:
                beside.append(took_s)
            elif at > first + 0.5:  # after connections have been opened
                idle.append(took_s)
        elif who.startswith("write") and at >= begun:
            outcome.write_s = max(outcome.write_s, took_s)
        if at >= begun and answer not in GOOD:
            failed[f"{who}: {answer}"] += 1
    outcome.idle_p99_s = quantile(idle, 0.99)
    outcome.p50_s, outcome.p99_s = quantile(beside, 0.5), quantile(beside, 0.99)
    outcome.failed = dict(failed)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the quantile of the values; infinite if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("inf")


def _judge(outcome: Outcome, attack: Attack, served: Served, bounds: Bounds) -> None:
    harms = outcome.harms
    limit = bounds.max_p99_s(outcome.idle_p99_s)
    if outcome.p99_s > limit + attack.outage_s:
        harms.append(f"p99 {outcome.p99_s * 1e3:.0f} > {limit * 1e3:.0f} ms")
    if outcome.write_s > MAX_WRITE_S + attack.outage_s:
        harms.append(f"a write took {outcome.write_s:.1f} s")
    if outcome.failed and not attack.outage_s:
        harms.append(f"honest requests failed: {outcome.failed}")
    grown_mb = outcome.server_peak_mb - outcome.server_mb
    if grown_mb > attack.max_growth_mb or outcome.server_peak_mb > MAX_SERVER_MB:
        harms.append(f"{outcome.server_peak_mb:.0f} MB, {grown_mb:.0f} MB more than before")
    if outcome.backends_mb > attack.max_backends_mb:
        harms.append(f"backends +{outcome.backends_mb:.0f} MB")
    if outcome.log_mb > MAX_LOG_MB:
        harms.append(f"{outcome.log_mb:.0f} MB logged")
    harms += [note for note in outcome.notes if note.startswith("HARM")]
    until = time.monotonic() + READY_WITHIN_S
    while not served.is_alive():
        if time.monotonic() > until:
            harms.append("not ready afterwards")
            break
        time.sleep(0.2)
