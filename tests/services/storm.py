"""Load test: clients in several processes check in, move and reweight concurrently, on one database.

    python -m tests.services.storm              1,000 objectives, 20,000 check-ins, 2 processes, 16 clients
    python -m tests.services.storm --help       other sizes; --url for an existing database (it is filled)

It checks that there was no error and no deadlock, that every change is there once, that `seq` has no gap and
was never read out of order, and that every stored number follows from the facts. The test suite runs it with
small sizes.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

import click

from okr_api.auth.actor import Actor
from okr_api.okr.people import Organization
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import alignments, key_results
from okr_api.services.mutation_runner import MutationResult
from okr_api.store import schema_version
from okr_api.store.database import Database
from okr_api.store.embedded import EmbeddedPostgres
from tests.acme import Workplace, said

REFUSALS = {"ALIGNMENT_LOOPS"}  # which random moves may cause


@dataclass(frozen=True)
class Size:
    """Size of the load; clients and check-ins are totals of all processes."""

    objectives: int = 1_000
    check_ins: int = 20_000
    processes: int = 2
    clients: int = 16


@dataclass(frozen=True)
class Field:
    """The database, organisation and ids that every process works on."""

    url: str
    organization: Organization
    actor: Actor
    objectives: Sequence[UUID]
    key_results: Sequence[UUID]


@dataclass(frozen=True)
class Report:
    """What a process did, and its problems."""

    check_ins: int = 0
    edits: int = 0
    refused: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: "Report") -> "Report":
        return Report(
            self.check_ins + other.check_ins,
            self.edits + other.edits,
            self.refused + other.refused,
            self.problems + other.problems,
        )


async def lay_out(url: str, objectives: int) -> Field:
    """Create a tree of objectives, four under each, the lower half with a key result."""
    async with Database.open(url) as database:
        place = await Workplace.found(database, ChangeNotifier(database), "Storm")
        await place.cycle("Quarter")
        made: list[UUID] = []
        for number in range(objectives):
            above = made[(number - 1) // 4] if number else None
            made.append(await place.objective(f"Objective {number}", above))
        leaves = [await place.key_result("Key result", each) for each in made[objectives // 2 :]]
        return Field(url, place.organization, place.actor, made, leaves)


class Client:
    """One of many concurrent clients."""

    def __init__(self, place: Workplace, field: Field, seed: int) -> None:
        self.place, self.field = place, field
        self.random = random.Random(seed)
        self.report = Report()

    async def run(self, check_ins: int) -> Report:
        """Check in this many times, and edit the tree every tenth time."""
        while self.report.check_ins < check_ins:
            if self.random.random() < 0.1:
                self._note(await self._edit(), edits=1)
            else:
                many = 1 if self.random.random() < 0.9 else self.random.randint(2, 20)
                many = min(many, check_ins - self.report.check_ins)
                chosen = [self.random.choice(self.field.key_results) for _ in range(many)]
                items = [said(each, self.random.randint(0, 100)) for each in chosen]
                self._note(await self.place.say(*items), check_ins=many)
        return self.report

    async def _edit(self) -> MutationResult:
        objectives, place = self.field.objectives, self.place
        child, parent = self.random.sample(objectives[1:], 2)
        kind = self.random.randrange(3)
        if kind == 0:
            return await place.do(alignments.move, objective=child, parent=parent)
        if kind == 1:
            weight = self.random.choice([0.0, 0.5, 1.0, 3.0])
            return await place.do(alignments.align, objective=child, parent=parent, weight=weight)
        edits = {"weight": self.random.choice([0.0, 1.0, 2.5])}
        key_result = self.random.choice(self.field.key_results)
        return await place.do(key_results.edit_key_result, key_result=key_result, edits=edits, measure={})

    def _note(self, outcome: MutationResult, *, check_ins: int = 0, edits: int = 0) -> None:
        codes = [error.code() for error in outcome.errors] + [error.code for error in outcome.item_errors]
        refused = bool(codes) and set(codes) <= REFUSALS
        problems = () if refused else tuple(codes)
        self.report += Report(check_ins, edits * (not refused), int(refused), problems)


async def run_clients(field: Field, clients: int, check_ins: int, seed: int) -> Report:
    """Run the clients of one process."""
    async with Database.open(field.url) as database, ChangeNotifier.running(database) as wakeups:
        place = Workplace(database, wakeups, field.organization, field.actor)
        each = check_ins // clients
        all_clients = [Client(place, field, seed * 1_000 + number) for number in range(clients)]
        reports = await asyncio.gather(*(client.run(each) for client in all_clients), return_exceptions=True)
    faults = [Report(problems=(repr(fault),)) for fault in reports if isinstance(fault, BaseException)]
    return sum([report for report in reports if isinstance(report, Report)] + faults, Report())


def run_process(field: Field, clients: int, check_ins: int, seed: int) -> Report:
    """Run the clients in an event loop of their own: the entry point of a process."""
    return asyncio.run(run_clients(field, clients, check_ins, seed))


async def watch_feed(field: Field, over: asyncio.Event) -> tuple[str, ...]:
    """Read the feed while it is written; return what is out of order."""
    problems: list[str] = []
    organization = field.organization.id
    async with Database.open(field.url) as database, database.across() as connection:
        seen = await connection.fetchval(HEAD, organization)
        while True:
            last = over.is_set()
            came = [row["seq"] for row in await connection.fetch(AFTER, organization, seen)]
            if came != list(range(seen + 1, seen + 1 + len(came))):
                problems.append(f"after {seen} came {came[:5]}")
            seen = came[-1] if came else seen
            if last:
                return tuple(problems)
            await asyncio.sleep(0.002)


HEAD = "select seq from feed_head where organization_id = $1"
AFTER = "select seq from change where organization_id = $1 and seq > $2 order by seq"


async def rage(field: Field, size: Size) -> Report:
    """Run the load while the feed is read, and check the result."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    watching = asyncio.create_task(watch_feed(field, over))
    share = size.clients // size.processes, size.check_ins // size.processes
    with ProcessPoolExecutor(size.processes, mp_context=get_context("spawn")) as pool:
        parts = [
            loop.run_in_executor(pool, run_process, field, *share, seed) for seed in range(size.processes)
        ]
        report = sum(await asyncio.gather(*parts), Report())
    over.set()
    return report + Report(problems=await watching) + Report(problems=await reckon(field, report))


async def reckon(field: Field, report: Report) -> tuple[str, ...]:
    """Return what is wrong after the load; expected to be empty."""
    problems: list[str] = []
    async with Database.open(field.url) as database:
        place = Workplace(database, ChangeNotifier(database), field.organization, field.actor)
        organization = field.organization.id
        head = await place.seq()
        rows = await place.fetch(
            "select seq from change where organization_id = $1 order by seq", organization
        )
        if [row["seq"] for row in rows] != list(range(1, head + 1)):
            problems.append("seq has gaps")
        kept = await place.fetch("select from check_in where organization_id = $1", organization)
        if len(kept) != report.check_ins:
            problems.append(f"{report.check_ins} check-ins were acknowledged, {len(kept)} are there")
        problems += [f"verify: {difference}" for difference in (await place.verify())[:5]]
        loops = await place.fetch(LOOPS, organization)
        problems += ["there is a loop"] if loops else []
    return tuple(problems)


LOOPS = """
    with recursive up(start, at) as (
        select child_id, parent_objective_id from alignment where organization_id = $1
        union
        select start, edge.parent_objective_id from up join alignment edge on edge.child_id = up.at
    )
    select from up where start = at limit 1
"""


async def storm(url: str, size: Size) -> Report:
    """Create the tree, run the load, and print the result."""
    await schema_version.migrate(url)
    started = time.perf_counter()
    field = await lay_out(url, size.objectives)
    click.echo(f"{size.objectives} objectives laid out in {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    report = await rage(field, size)
    took = time.perf_counter() - started
    click.echo(
        f"{report.check_ins} check-ins, {report.edits} edits, {report.refused} refused in {took:.1f} s"
    )
    for problem in report.problems:
        click.echo(f"PROBLEM: {problem}")
    click.echo("Clean." if not report.problems else f"{len(report.problems)} problems.")
    return report


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="a database; by default an embedded one in a temporary folder")
    size = Size()
    for name in ("objectives", "check_ins", "processes", "clients"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(size, name))
    given = parser.parse_args()
    size = replace(
        size,
        objectives=given.objectives,
        check_ins=given.check_ins,
        processes=given.processes,
        clients=given.clients,
    )
    if given.url:
        report = asyncio.run(storm(given.url, size))
    else:
        with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder) / "okr") as server:
            report = asyncio.run(storm(server.dsn, size))
    sys.exit(1 if report.problems else 0)


if __name__ == "__main__":
    main()
