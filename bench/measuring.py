"""Measuring: everybody's turn at every operation, round after round, so that what disturbs one disturbs all.

Ratios are taken within a round, where two turns are seconds apart, and the middle one of the rounds is told.
"""

import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from bench.competitors import Arena, Competitor, Sample
from bench.filling import say
from bench.operations import OPERATIONS, OURS, SUBSCRIPTION, Operation
from bench.processes import run_pinned
from bench.watching import Watch, Watched

WARM_S = 2
AGAIN_S = 1  # before each turn: caches of the core and of PostgreSQL belonged to somebody else
WATCHING_LIMIT_S = 300.0
Samples = dict[tuple[str, str], list[Sample]]


def measure(
    competitors: Sequence[Competitor], operations: Sequence[Operation], *, rounds: int, seconds: int
) -> Samples:
    """Warms everybody up, then measures.

    *Shape*: by operation and competitor, a sample for each round.
    """
    for competitor in competitors:
        for operation in _taken(competitor, operations):
            say(f"Warming up {competitor.name}, {operation.name} …")
            competitor.turn(operation, min(WARM_S, seconds))
    samples: Samples = defaultdict(list)
    for number in range(rounds):
        for operation in operations:
            for competitor in _rotated(competitors, number):
                if operation not in _taken(competitor, [operation]):
                    continue
                competitor.turn(operation, min(AGAIN_S, seconds))
                sample = competitor.turn(operation, seconds)
                samples[operation.name, competitor.name].append(sample)
                say(
                    f"round {number + 1}/{rounds}  {operation.name:7} {competitor.name:13}"
                    f"{sample.rps:9.1f}/s  p50 {sample.p50_ms:8.2f} ms  CPU {sample.cpu_ms:8.3f} ms"
                )
    return samples


GROWTH = "ours_10x"
GROWS = ("Q1", "Q2", "M1")


def _taken(competitor: Competitor, operations: Iterable[Operation]) -> list[Operation]:
    """What a competitor takes part in: on ten times the data only that whose growth is asked for."""
    return [one for one in operations if competitor.name != GROWTH or one.name in GROWS]


def _rotated(competitors: Sequence[Competitor], number: int) -> list[Competitor]:
    """Another one begins each round."""
    first = number % len(competitors)
    return [*competitors[first:], *competitors[:first]]


# ── S1 ──────────────────────────────────────────────────────────────────────────────────────────────────────


def watch(
    arena: Arena, competitors: Sequence[Competitor], *, rounds: int, subscribers: int, times: int
) -> tuple[dict[str, list[Watched]], dict[str, list[float]]]:
    """Lets subscribers look on, at each competitor in turn.

    *Shape*: by competitor, what was seen in each round, and the CPU time of each in ms a delivery.
    """
    seen: dict[str, list[Watched]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        for competitor in _rotated(competitors, number):
            before = competitor.cpu_seconds()
            watched = _watched(arena, competitor, subscribers, times)
            spent = competitor.cpu_seconds() - before
            seen[competitor.name].append(watched)
            cpu[competitor.name].append(spent / (subscribers * (times + 1)) * 1e3)
            say(
                f"round {number + 1}/{rounds}  {SUBSCRIPTION:7} {competitor.name:13}"
                f"{watched.p50_ms:9.1f} ms to the last of {subscribers}"
            )
    return seen, cpu


def _watched(arena: Arena, competitor: Competitor, subscribers: int, times: int) -> Watched:
    asking, kind = competitor.asking, competitor.kind
    watched = Watch(
        port=competitor.port,
        authorization=competitor.authorization,
        subscribers=subscribers,
        times=times,
        subscription=asking.body(kind, SUBSCRIPTION, competitor.marks.roots[0]),
        mutations=[
            asking.body(kind, "M1" if kind == OURS else "M1_told", one)
            for one in asking.readings_under_the_first_root()
        ],
    )
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=arena.folder) as file:
        json.dump(asdict(watched), file)
        file.flush()
        command = [sys.executable, "-m", "bench.watching", file.name]
        said = run_pinned(command, core=arena.cores.rest, limit_s=WATCHING_LIMIT_S)
    return Watched(**json.loads(said.rpartition("\n@")[2]))


# ── Numbers ─────────────────────────────────────────────────────────────────────────────────────────────────


def middle(samples: Sequence[Sample], what: str) -> float:
    """The median of a number over the rounds."""
    return statistics.median(getattr(sample, what) for sample in samples)


def ratio(ones: Sequence[Sample], others: Sequence[Sample], what: str) -> float:
    """The median over the rounds of one's number divided by the other's of the same round."""
    pairs = zip(ones, others, strict=True)
    return statistics.median(getattr(one, what) / getattr(other, what) for one, other in pairs)


def chosen(names: Iterable[str]) -> list[Operation]:
    """The operations of those names, in their order; all for none."""
    wanted = set(names)
    return [one for one in OPERATIONS.values() if not wanted or one.name in wanted]
