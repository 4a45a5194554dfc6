"""Measurement: one turn per competitor and operation in each round, so that disturbances affect all alike.

Ratios are taken within a round, where two turns are seconds apart; the median over the rounds is reported.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TypeVar

from bench.competitors import Arena, Competitor, Sample, WrongAnswers
from bench.filling import say
from bench.operations import OPERATIONS, OURS, POSTGRAPHILE, SUBSCRIPTION, TOLD, Operation
from bench.processes import run_pinned
from bench.watching import Watch, Watched

WARM_S = 2
AGAIN_S = 1  # before each turn: warm the caches that another competitor has used
WATCHING_LIMIT_S = 300.0
FAILURES = (WrongAnswers, RuntimeError, subprocess.TimeoutExpired)
GROWTH = "ours_10x"
GROWS = ("Q1", "Q2", "M1")  # the only operations measured on ten times the data
T = TypeVar("T")
Samples = dict[tuple[str, str], list[Sample]]


def measure(
    competitors: Sequence[Competitor], operations: Sequence[Operation], *, rounds: int, seconds: float
) -> Samples:
    """Warm up, then measure; a competitor that fails at an operation is excluded from it with a message.

    Returns a sample for each round, by operation and competitor.
    """
    pairs = [
        (operation, competitor)
        for competitor in competitors
        for operation in operations
        if competitor.name != GROWTH or operation.name in GROWS
    ]
    for operation, competitor in list(pairs):
        say(f"Warming up {competitor.name}, {operation.name} …")
        if _turn(competitor, operation, min(WARM_S, seconds)) is None:
            pairs.remove((operation, competitor))
    samples: Samples = defaultdict(list)
    for number in range(rounds):
        for operation in operations:
            for competitor in _rotated(competitors, number):
                if (operation, competitor) not in pairs:
                    continue
                _turn(competitor, operation, min(AGAIN_S, seconds))
                sample = _turn(competitor, operation, seconds)
                if sample is None:
                    pairs.remove((operation, competitor))
                    samples.pop((operation.name, competitor.name), None)
                    continue
                samples[operation.name, competitor.name].append(sample)
                say(
                    f"round {number + 1}/{rounds}  {operation.name:7} {competitor.name:13}"
                    f"{sample.rps:9.1f}/s  p50 {sample.p50_ms:8.2f} ms  CPU {sample.cpu_ms:8.3f} ms"
                )
    return samples


def _turn(competitor: Competitor, operation: Operation, seconds: float) -> Sample | None:
    """Run a turn; report a failure and return None, which excludes the pair."""
    try:
        return competitor.turn(operation, seconds)
    except FAILURES as failure:
        say(f"{competitor.name} is left out of {operation.name}: {_last_line(failure)}")
        return None


def _rotated(ones: Sequence[T], number: int) -> list[T]:
    """Rotate the sequence, so that each round begins with another competitor."""
    first = number % len(ones)
    return [*ones[first:], *ones[:first]]


# ── S1 ──────────────────────────────────────────────────────────────────────────────────────────────────────


def watch(
    arena: Arena, competitors: Sequence[Competitor], *, rounds: int, subscribers: int, times: int
) -> dict[str, list[Watched]]:
    """Measure delivery to subscribers, at each competitor in turn; at PostGraphile in both modes.

    Returns the measurements of each round by competitor.
    """
    ways = [(one.name, one, SUBSCRIPTION) for one in competitors]
    ways += [(one.name + "_told", one, TOLD) for one in competitors if one.kind == POSTGRAPHILE]
    seen: dict[str, list[Watched]] = defaultdict(list)
    for number in range(rounds):
        for name, competitor, document in _rotated(list(ways), number):
            try:
                watched = _watched(arena, competitor, document, subscribers, times)
            except FAILURES as failure:
                say(f"{name} is left out of {SUBSCRIPTION}: {_last_line(failure)}")
                ways = [way for way in ways if way[0] != name]
                seen.pop(name, None)
                continue
            seen[name].append(watched)
            delay = f"{watched.p50_ms:9.1f} ms to the last of {subscribers}"
            say(f"round {number + 1}/{rounds}  {SUBSCRIPTION:7} {name:17}{delay}")
    return seen


def _watched(arena: Arena, competitor: Competitor, document: str, subscribers: int, times: int) -> Watched:
    asking, kind = competitor.asking, competitor.kind
    assert competitor.pid is not None
    watched = Watch(
        port=competitor.port,
        authorization=competitor.authorization,
        subscribers=subscribers,
        times=times,
        subscription=asking.body(kind, document, competitor.marks.roots[0]),
        mutations=[
            asking.body(kind, "M1" if kind == OURS else "M1_told", one)
            for one in asking.readings_under_the_first_root()
        ],
        pids=[competitor.pid, arena.databases.pid],
    )
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=arena.folder) as file:
        json.dump(asdict(watched), file)
        file.flush()
        command = [sys.executable, "-m", "bench.watching", file.name]
        said = run_pinned(command, core=arena.cores.rest, limit_s=WATCHING_LIMIT_S)
    return Watched(**json.loads(said.rpartition("\n@")[2]))


def _last_line(failure: Exception) -> str:
    return str(failure).strip().splitlines()[-1]


# ── Numbers ─────────────────────────────────────────────────────────────────────────────────────────────────


def middle(samples: Sequence[Sample], what: str) -> float:
    """Return the median of a number over the rounds."""
    return float(statistics.median(getattr(sample, what) for sample in samples))


def ratio(ones: Sequence[Sample], others: Sequence[Sample], what: str) -> float:
    """Return the median over the rounds of the ratio of two competitors' numbers."""
    pairs = zip(ones, others, strict=True)
    return float(statistics.median(getattr(one, what) / getattr(other, what) for one, other in pairs))


def chosen(names: Iterable[str]) -> list[Operation]:
    """Return the operations of those names, in their order; all if none is given."""
    wanted = set(names)
    return [one for one in OPERATIONS.values() if not wanted or one.name in wanted]
