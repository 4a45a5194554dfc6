"""Report: the results as numbers (`bench/results.json`), as tables, and as the page `docs/performance.md`."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.measuring import GROWS, GROWTH, Samples, middle, ratio
from bench.operations import JSON_AGG, OPERATIONS, OURS, PGBENCH, POSTGRAPHILE
from bench.watching import Watched

HERE = Path(__file__).parent
PAGE = HERE / "page.md"
QUIET = 0.5  # load average above which other work may have disturbed the run
TOLD_WAY = f"{POSTGRAPHILE}_told"
AGAINST = {POSTGRAPHILE: "vs_postgraphile", JSON_AGG: "vs_json_agg", PGBENCH: "vs_pgbench"}
Results = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A target ratio: at least `bound`, or for delays, memory and growth at most."""

    key: str
    against: str
    bound: float
    at_most: bool = False

    def reached(self, results: Results) -> bool | None:
        """Return whether the target is reached; None if not measured."""
        found = results.get(self.key, {}).get(self.against)
        if found is None:
            return None
        return bool(found <= self.bound if self.at_most else found >= self.bound)

    @property
    def said(self) -> str:
        """Return the target as shown in the table."""
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}x"


TARGETS = (
    Target("Q1", "vs_postgraphile", 3),
    Target("Q1", "vs_json_agg", 1.0),
    Target("Q2", "vs_postgraphile", 4),
    Target("Q2", "vs_json_agg", 1.8),
    Target("Q3", "vs_postgraphile", 5),
    Target("Q3", "vs_json_agg", 1.8),
    Target("Q4", "vs_postgraphile", 6),
    Target("Q4", "vs_json_agg", 2.5),
    Target("M1", "vs_postgraphile", 0.6),
    Target("M1_16", "vs_postgraphile", 2),
    Target("M1_16", "vs_json_agg", 1.0),
    Target("M1_128", "vs_postgraphile", 3),
    Target("M1_128", "vs_json_agg", 1.5),
    Target("S1", "vs_postgraphile", 0.1, at_most=True),
    Target("memory", "vs_postgraphile", 0.3, at_most=True),
    *(Target("growth", name, 1.3, at_most=True) for name in GROWS),
)


def results_of(samples: Samples) -> Results:
    """Return the numbers of the operations: ours, with the competitors' nested."""
    results: Results = {}
    for name in OPERATIONS:
        ours = samples.get((name, OURS))
        if ours is None:
            continue
        found = _numbers(ours)
        for other, key in AGAINST.items():
            if theirs := samples.get((name, other)):
                found[key] = ratio(ours, theirs, "rps")
                found[f"cpu_{key}"] = ratio(ours, theirs, "cpu_ms")
                found[other] = _numbers(theirs)
        if more := samples.get((name, GROWTH)):
            found[GROWTH] = _numbers(more)
            growth = results.setdefault("growth", {})
            growth[name] = ratio(ours, more, "rps")
            growth[f"{name}_cpu"] = ratio(more, ours, "cpu_ms")
        results[name] = found
    return results


def _numbers(samples: Sequence[Any]) -> Results:
    return {what: middle(samples, what) for what in ("rps", "p50_ms", "p99_ms", "cpu_ms")}


def results_of_watching(seen: Mapping[str, Sequence[Watched]], subscribers: int) -> Results:
    """Return the numbers of S1: delays to the last delivery."""

    def numbers(name: str) -> Results:
        delays = sorted(delay for watched in seen[name] for delay in watched.last_ms)
        return {
            "subscribers": subscribers,
            "p50_ms": statistics.median(delays),
            "p99_ms": delays[len(delays) * 99 // 100],
            "first_ms": statistics.median(d for watched in seen[name] for d in watched.first_ms),
            "answered_ms": statistics.median(d for watched in seen[name] for d in watched.answered_ms),
            "cpu_ms": statistics.median(watched.cpu_ms for watched in seen[name]),
            "rps": subscribers / statistics.median(delays) * 1e3,
        }

    found = numbers(OURS)
    for other in (POSTGRAPHILE, TOLD_WAY):
        if other in seen:
            pairs = zip(seen[OURS], seen[other], strict=True)
            found[f"vs_{other}"] = statistics.median(one.p50_ms / two.p50_ms for one, two in pairs)
            found[other] = numbers(other)
    return found


def results_of_memory(begun: Mapping[str, float], held: Mapping[str, float]) -> Results:
    """Return the memory of a worker: after its start, and at the end."""
    found: Results = {"mb": held[OURS], "idle_mb": begun[OURS]}
    for other in (POSTGRAPHILE, JSON_AGG):
        if other in held:
            found[other] = {"mb": held[other], "idle_mb": begun[other]}
            found[AGAINST[other]] = held[OURS] / held[other]
    return found


def machine(load_before: float) -> Results:
    """Return facts about the machine."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": load_before,
        "busy": load_before > QUIET,
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


# ── The table ───────────────────────────────────────────────────────────────────────────────────────────────

LABELS = {
    "Q1": "Q1 one objective",
    "Q2": "Q2 page of 50",
    "Q3": "Q3 nested tree",
    "Q4": "Q4 flat tree",
    "M1": "M1, 1 caller",
    "M1_16": "M1, 16 callers",
    "M1_128": "M1, 128 callers",
    "M2": "M2, 500 at once",
    "S1": "S1, delay",
    "memory": "memory of a worker",
}


def table(results: Results) -> str:
    """Return the ratios with their targets, then the growth with the data, as Markdown."""
    lines = [
        "| | against PostGraphile | target | against `json_agg` | target | of pgbench | CPU ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for key, label in LABELS.items():
        if found := results.get(key):
            cells = _cells(results, key, "vs_postgraphile") + _cells(results, key, "vs_json_agg")
            cpu = _number(found.get("cpu_ms"))
            lines.append(f"| {label} | {' | '.join(cells)} | {_times(found.get('vs_pgbench'))} | {cpu} |")
    if growth := results.get("growth"):
        lines += ["", "| ten times the data | takes | in CPU | target |", "|---|---|---|---|"]
        for name in GROWS:
            if name in growth:
                found, target = _cells(results, "growth", name)
                lines.append(f"| {name} | {found} | {_times(growth[f'{name}_cpu'])} | {target} |")
    return "\n".join(lines)


def _cells(results: Results, key: str, against: str) -> list[str]:
    target = next((one for one in TARGETS if (one.key, one.against) == (key, against)), None)
    found = _times(results[key].get(against))
    if target is None:
        return [found, ""]
    said = {True: "reached", False: "**missed**", None: "not measured"}[target.reached(results)]
    return [found, f"{target.said} {said}"]


def details(results: Results) -> str:
    """Return the numbers of all competitors as Markdown."""
    lines = ["| | who | a second | p50 ms | p99 ms | CPU ms |", "|---|---|---|---|---|---|"]
    for key in (*OPERATIONS, "S1"):
        found = results.get(key, {})
        for who in (OURS, POSTGRAPHILE, TOLD_WAY, JSON_AGG, PGBENCH, GROWTH):
            numbers = found if who == OURS else found.get(who)
            if numbers:
                cells = [_number(numbers[what]) for what in ("rps", "p50_ms", "p99_ms", "cpu_ms")]
                lines.append(f"| {key} | {who} | {' | '.join(cells)} |")
    if memory := results.get("memory"):
        lines += ["", "| memory of a worker, MB | after its start | after everything |", "|---|---|---|"]
        for who in (OURS, POSTGRAPHILE, JSON_AGG):
            if held := memory if who == OURS else memory.get(who):
                lines.append(f"| {who} | {_number(held['idle_mb'])} | {_number(held['mb'])} |")
    return "\n".join(lines)


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}x"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    digits = 0 if value >= 1000 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def as_printed(markdown: str) -> str:
    """Align the columns of Markdown tables, for a terminal."""
    blocks = [block.splitlines() for block in markdown.split("\n\n")]
    return "\n\n".join(_aligned([line for line in block if not line.startswith("|---")]) for block in blocks)


def _aligned(lines: Sequence[str]) -> str:
    plain = [line.strip("|").replace("*", "").replace("`", "") for line in lines]
    rows = [[cell.strip() for cell in line.split("|")] for line in plain]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def page(results: Results) -> str:
    """Return the documentation page."""
    run, here = results["run"], results["machine"]
    versions = " · ".join(f"{name} {version}" for name, version in results["versions"].items())
    warning = (
        f"\n**A trial on a busy machine (load {here['load_before']:.1f} before the run).**\n"
        if here["busy"] or run["quick"]
        else ""
    )
    missed = [
        f"{LABELS.get(t.key, t.key)} ({t.against}, {t.said})" for t in TARGETS if t.reached(results) is False
    ]
    return PAGE.read_text().format(
        table=table(results),
        details=details(results),
        warning=warning,
        missed=", ".join(missed) or "none",
        when=run["at"],
        rounds=run["rounds"],
        seconds=run["seconds"],
        scale=run["scale"],
        versions=versions,
        **{name: here[name] for name in ("cpu", "cores", "memory_gb", "system")},
    )
