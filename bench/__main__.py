"""`python -m bench`: run the benchmark, print a table, and write the results."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from bench import report, tools
from bench.comparing import compare, ours_first
from bench.competitors import (
    Arena,
    Competitor,
    json_agg_server,
    our_server,
    postgraphile_server,
)
from bench.databases import Databases
from bench.filling import say
from bench.load import generator
from bench.measuring import GROWS, GROWTH, chosen, measure, watch
from bench.operations import JSON_AGG, OPERATIONS, OURS, PGBENCH, POSTGRAPHILE, SUBSCRIPTION
from bench.organization import Sizes, now
from bench.processes import Cores, on_signals_leave
from okr_api.store.embedded.locks import Lock

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "performance.md"
SEED = 1
SUBSCRIBERS = 1_000
SCALES = {
    "tiny": Sizes(objectives=60, key_results=210, check_ins=900, trees=2, people=5),  # to try the benchmark
    "1": Sizes(),
    "10": Sizes(cycles=10),
}
EVERYBODY = (POSTGRAPHILE, JSON_AGG, PGBENCH, GROWTH)


def names(known: tuple[str, ...]) -> Any:
    """Return a click callback that parses comma-separated names and rejects unknown ones."""

    def understand(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
        del context, parameter
        given = [name.strip() for name in value.split(",") if name.strip()]
        for name in given:
            if name not in known:
                raise click.BadParameter(f"{name!r} is none of {', '.join(known)}")
        return given

    return understand


@click.command()
@click.option("--scale", type=click.Choice(list(SCALES)), default="1", show_default=True, help="Of the data.")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=4, show_default=True, help="Of a turn.")
@click.option("--only", default="", callback=names((*OPERATIONS, SUBSCRIPTION)), help="Operations: Q1,M1_16")
@click.option("--without", default="", callback=names(EVERYBODY), help=f"Of {', '.join(EVERYBODY)}.")
@click.option("--subscribers", type=click.IntRange(1, 20_000), default=SUBSCRIBERS, show_default=True)
@click.option(
    "--load",
    "wanted",
    type=click.Choice(["wrk", "python"]),
    default="wrk",
    show_default=True,
    help="Python where there is no wrk.",
)
@click.option("--quick", is_flag=True, help="Two rounds of a second, without ten times the data.")
@click.option("--write/--no-write", default=None, help="Results and page.  [default: a complete run writes]")
@click.option(
    "--into", type=click.Path(path_type=Path), default=None, help="The results into this file as well."
)
@click.option("--report", "only_report", is_flag=True, help="Write the page again from the results.")
@click.option(
    "--cache", type=click.Path(path_type=Path), default=HERE.parent / ".bench", help="Databases and tools."
)
def bench(
    *,
    scale: str,
    rounds: int,
    seconds: float,
    only: list[str],
    without: list[str],
    subscribers: int,
    wanted: str,
    quick: bool,
    write: bool | None,
    into: Path | None,
    only_report: bool,
    cache: Path,
) -> None:
    """Compare our service with PostGraphile, the json_agg statement and pgbench."""
    if only_report:
        _write_page(json.loads(RESULTS.read_text()))
        return
    if quick:
        rounds, seconds, without = 2, 1, [*without, GROWTH]
    if scale != "1":
        without = [*without, GROWTH]
    results: report.Results = {
        "run": {
            "at": now().isoformat(timespec="minutes"),
            "scale": scale,
            "seed": SEED,
            "rounds": rounds,
            "seconds": seconds,
            "quick": quick,
        },
        "machine": report.machine(os.getloadavg()[0]),
    }
    on_signals_leave()
    _raise_limits()
    cache.mkdir(parents=True, exist_ok=True)
    with (
        _alone(cache),
        _everybody(cache.resolve(), SCALES[scale], set(without), only, results, wanted) as (
            arena,
            competitors,
        ),
    ):
        _measure(arena, competitors, only, rounds, seconds, subscribers, results)
    print(report.as_printed(report.table(results)))
    print("\n" + report.as_printed(report.details(results)))
    if into is not None:
        into.write_text(json.dumps(results, indent=2) + "\n")
    complete = not only and not quick and scale == "1" and not without
    if complete if write is None else write:
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        _write_page(results)


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Allow only one run at a time: two would share databases and disturb each other."""
    with Lock(cache / "bench.lock") as lock:
        if not lock.take():
            raise click.ClickException(f"Another run works in {cache}")
        yield


def _write_page(results: report.Results) -> None:
    PAGE.write_text(report.page(results))
    say(f"Written: {RESULTS.name} and {PAGE.name}")


def _raise_limits() -> None:
    """Raise the limit of open files: a thousand sockets exceed the default."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))


@contextmanager
def _everybody(
    cache: Path, sizes: Sizes, without: set[str], only: list[str], results: report.Results, wanted: str
) -> Iterator[tuple[Arena, list[Competitor]]]:
    """Start all competitors, each on its copy of the database; stop them on exit."""
    load = generator(wrk=wanted == "wrk" and tools.wrk())
    node = None if POSTGRAPHILE in without else tools.node(cache)
    results["versions"] = tools.versions(node, load=load)
    cores = Cores.of_this_machine()
    with ExitStack() as stack:
        databases = stack.enter_context(Databases.running(cache, cores.rest))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="okr-bench-")))
        arena = Arena(databases, cores, load, folder, logs=cache)
        template = databases.template(sizes, SEED)
        marks = databases.marks(template)
        copy = databases.copy(template, OURS, competing=False)
        competitors = [stack.enter_context(our_server(arena, OURS, copy, marks))]
        if node is not None:
            copy = databases.copy(template, POSTGRAPHILE, competing=True)
            competitors.append(stack.enter_context(postgraphile_server(arena, copy, marks, node)))
        if JSON_AGG not in without:
            copy = databases.copy(template, JSON_AGG, competing=True)
            competitors.append(stack.enter_context(json_agg_server(arena, copy, marks)))
        if PGBENCH not in without:
            copy = databases.copy(template, PGBENCH, competing=True)
            competitors.append(Competitor(PGBENCH, PGBENCH, arena, copy, marks))
        if GROWTH not in without and (not only or set(only) & set(GROWS)):
            ten = databases.template(SCALES["10"], SEED)
            copy = databases.copy(ten, GROWTH, competing=False)
            competitors.append(stack.enter_context(our_server(arena, GROWTH, copy, databases.marks(ten))))
        yield arena, competitors


def _measure(
    arena: Arena,
    competitors: list[Competitor],
    only: list[str],
    rounds: int,
    seconds: float,
    subscribers: int,
    results: report.Results,
) -> None:
    operations = [] if only == [SUBSCRIPTION] else chosen(set(only) - {SUBSCRIPTION})
    served = [one for one in ours_first(competitors) if one.name != GROWTH]
    say("Comparing answers …")
    compare(served, sorted({one.document for one in operations}))
    begun = {one.name: one.memory_mb() or 0.0 for one in served}
    results |= report.results_of(measure(competitors, operations, rounds=rounds, seconds=seconds))
    if not only or SUBSCRIPTION in only:
        watched = [one for one in served if one.kind in (OURS, POSTGRAPHILE)]
        seen = watch(arena, watched, rounds=min(rounds, 3), subscribers=subscribers, times=20)
        if OURS in seen:
            results[SUBSCRIPTION] = report.results_of_watching(seen, subscribers)
    results["memory"] = report.results_of_memory(begun, {one.name: one.memory_mb() or 0.0 for one in served})


if __name__ == "__main__":
    bench()
