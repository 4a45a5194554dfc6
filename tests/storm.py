"""Load test over HTTP: clients of several server processes check in, move and reweight concurrently.

    python -m tests.storm                       1,000 objectives, 20,000 check-ins, 2 servers, 16 clients
    python -m tests.storm --check-ins 500 --objectives 80

`tests/services/storm.py` does the same without the API; the tree and the final checks are from there.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.store import schema_version
from okr_api.store.database import Database
from okr_api.store.embedded import EmbeddedPostgres
from tests.services.storm import REFUSALS, Field, Report, Size, lay_out, reckon
from tests.serving import Client, Server, serving_apart


class SharedLoad:
    """State that all clients share."""

    def __init__(self, field: Field, check_ins: int) -> None:
        self.objectives = [encode_id(NodeType.OBJECTIVE, id) for id in field.objectives]
        self.key_results = [encode_id(NodeType.KEY_RESULT, id) for id in field.key_results]
        self.left = check_ins
        self.report = Report()

    async def run(self, client: Client, seed: int) -> None:
        """Run one client: check in, one or a few at a time, and edit the tree every tenth time."""
        dice = random.Random(seed)
        while self.left > 0:
            if dice.random() < 0.1:
                self.note(await self.edit(client, dice), edits=1)
                continue
            many = min(self.left, 1 if dice.random() < 0.9 else dice.randint(2, 20))
            self.left -= many
            items = [
                {"keyResult": {"id": dice.choice(self.key_results)}, "value": dice.randint(0, 100)}
                for _ in range(many)
            ]
            if many == 1:
                done = await client.try_("checkInRecord", **items[0], idempotencyKey=f"{seed}-{self.left}")
            else:
                done = await client.try_("checkInRecordMany", items=items)
            self.note(done, check_ins=many)

    async def edit(self, client: Client, dice: random.Random) -> dict[str, Any]:
        """Move or align a random objective, or change a key result's weight."""
        child, parent = dice.sample(self.objectives[1:], 2)
        match dice.randrange(3):
            case 0:
                return await client.try_(
                    "objectiveMove", objective={"id": child}, parent={"objective": {"id": parent}}
                )
            case 1:
                return await client.try_(
                    "objectiveAlign",
                    objective={"id": child},
                    parent={"objective": {"id": parent}},
                    weight=dice.choice([0, 0.5, 3]),
                )
            case _:
                return await client.try_(
                    "keyResultUpdate",
                    keyResult={"id": dice.choice(self.key_results)},
                    weight=dice.choice([0, 1, 2.5]),
                )

    def note(self, done: dict[str, Any], *, check_ins: int = 0, edits: int = 0) -> None:
        """Add the result of a mutation to the report."""
        codes = {error["code"] for error in done["errors"]}
        refused = bool(codes) and codes <= REFUSALS
        self.report += Report(check_ins, edits * (not refused), int(refused), () if refused else tuple(codes))


async def watch_feed(server: Server, token: str, after: int, last: "asyncio.Future[int]") -> tuple[str, ...]:
    """Follow the feed over a socket; return what arrives out of order."""
    problems: list[str] = []
    async with server.socket(token) as socket:
        events = await socket.subscribe(
            "subscription ($after: Seq) { changes(after: $after) { seq } }", after=after
        )
        while not (last.done() and after >= last.result()):
            try:
                async with asyncio.timeout(1):
                    seq = (await events.next())["seq"]
            except TimeoutError:
                continue
            if seq != after + 1:
                problems.append(f"after {after} came {seq}")
            after = seq
    return tuple(problems)


async def storm(url: str, size: Size) -> Report:
    """Create the tree, run the load, and check the result."""
    await schema_version.migrate(url)
    field = await lay_out(url, size.objectives)
    async with Database.open(url) as database, AsyncExitStack() as stack:
        organization = field.organization.id
        token = await TokenStore(database).create(organization, name="storm", scopes=[Scope.ADMIN])
        starting = [stack.enter_async_context(serving_apart(url)) for _ in range(size.processes)]
        servers: Sequence[Server] = await asyncio.gather(*starting)
        head = "select seq from feed_head where organization_id = $1"
        async with database.across() as connection:
            begun = await connection.fetchval(head, organization)
        last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        watching = [asyncio.create_task(watch_feed(server, token, begun, last)) for server in servers]
        shared = SharedLoad(field, size.check_ins)
        clients = [servers[number % len(servers)].client(token) for number in range(size.clients)]
        await asyncio.gather(*(shared.run(client, seed) for seed, client in enumerate(clients)))
        async with database.across() as connection:
            last.set_result(await connection.fetchval(head, organization))
        seen = [problem for one in await asyncio.gather(*watching) for problem in one]
        logged = [
            line
            for server in servers
            for line in server.log
            if (" ERROR " in line or " WARNING " in line)
            and "event_loop_monitor" not in line  # logged on busy machines
        ]
    report = shared.report + Report(problems=tuple(seen + logged))
    return report + Report(problems=await reckon(field, report))


async def timed(url: str, size: Size) -> Report:
    """Run the load test and print its result."""
    started = time.perf_counter()
    report = await storm(url, size)
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
    names = ("objectives", "check_ins", "processes", "clients")
    for name in names:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(Size(), name))
    given = parser.parse_args()
    size = replace(Size(), **{name: getattr(given, name) for name in names})
    if given.url:
        report = asyncio.run(timed(given.url, size))
    else:
        with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder) / "okr") as server:
            report = asyncio.run(timed(server.dsn, size))
    sys.exit(1 if report.problems else 0)


if __name__ == "__main__":
    main()
