"""Cost calibration: CPU time of the service and of PostgreSQL per 1,000 units of operation cost.

`python -m bench.costs` fills a database with 20,000 objectives and 200,000 changes, and prints a row for
each document and executor. docs/costs.md has the figures of a run.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from uuid import UUID

import asyncpg
import orjson

from bench.cost_cases import Case, cases
from bench.databases import Databases
from bench.filling import Marks, say
from bench.organization import Sizes
from okr_api.auth.actor import Actor
from okr_api.auth.rate_limit import RateLimiter
from okr_api.auth.tokens import TokenStore
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.context import Context
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.schema import schema
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import MutationRunner
from okr_api.store.change_nodes import repair_listing
from okr_api.store.database import Database
from okr_api.store.work_meter import start_measured

LARGE = Sizes(objectives=20_000, key_results=70_000, check_ins=100_000, people=2_000)
CHANGES = 200_000
SEED = 1
LEAST_COMPARED = 100  # cheaper operations are bounded by being small
LIMIT_S = 600

MAKE_CHANGES = """
    insert into change (
        organization_id, seq, recorded_at, kind, author_name, node_type, node_id, fields,
        deltas, check_in_ids, related_ids
    )
    select $1, head.seq + place.n, head.recorded_at, 'CHECK_IN_RECORDED', 'Ann', 'KEY_RESULT', drawn.id, '{}',
        (select jsonb_agg(jsonb_build_object(
            'node_id', moved.id, 'node_type', 'KEY_RESULT', 'before', 0.25, 'after', 0.5,
            'status_before', 'ON_TRACK', 'status_after', 'ON_TRACK'))
            from bench.key_result moved where moved.n between drawn.n and drawn.n + 5), '{}', '{}'
    from feed_head head, generate_series(1, $2) place(n)
        join bench.key_result drawn on drawn.n = 1 + place.n % $3
    where head.organization_id = $1
"""
MOVE_HEAD = "update feed_head set seq = seq + $2, oldest_seq = seq + 1 where organization_id = $1"


@dataclass(frozen=True)
class Figure:
    """Measurements of one operation: CPU in milliseconds, the reported cost and the charged cost."""

    case: str
    executor: str
    service_ms: float
    postgres_ms: float
    requested: int
    charged: float
    errors: tuple[str, ...]

    @property
    def ms_per_1_000(self) -> float:
        """Return the CPU time per 1,000 of charged cost."""
        return (self.service_ms + self.postgres_ms) / self.charged * 1_000

    def row(self) -> str:
        """Return the figure as a table row."""
        failed = f" {self.errors[0]}" if self.errors else ""
        return (
            f"| {self.case}{failed} | {self.executor} | {self.service_ms:,.1f} | {self.postgres_ms:,.0f} "
            f"| {self.requested:,} | {self.charged:,.0f} | {self.ms_per_1_000:.1f} |"
        )


class Summed(RateLimiter):
    """Rate limiter that sums all charges and never limits."""

    def __init__(self) -> None:
        super().__init__()
        self.sum = 0.0

    def consume(self, token_id: UUID, cost: float) -> None:
        """Add a cost."""
        self.sum += cost


@asynccontextmanager
async def opened(dsn: str, token: str) -> AsyncIterator[tuple[AppServices, Actor, Summed]]:
    """Open the services on the database, with the actor of the token and the sum of charges."""
    async with Database.open(dsn) as database, ChangeNotifier.running(database) as notifier:
        mutation_runner, tokens, summed = MutationRunner(database, notifier), TokenStore(database), Summed()
        actor = await tokens.actor(token)
        assert actor is not None
        app_services = AppServices(
            database,
            mutation_runner,
            GroupCommit(mutation_runner),
            ChangeStream(database, notifier),
            tokens,
            summed,
        )
        yield app_services, actor, summed


async def answered(
    app_services: AppServices, actor: Actor, case: Case, compiled: CompiledExecutor | None
) -> tuple[Context, tuple[str, ...]]:
    """Execute a case as the service does: by its plan, or with graphql-core."""
    context = Context(app_services, None, actor)
    variables = dict(case.variables)
    answer = await compiled.answer(context, case.text, variables, None) if compiled else None
    if answer is not None:
        payload = answer.as_payload(context.response_extensions())
        errors = [one["extensions"]["code"] for one in payload.get("errors", ())]
    else:
        result = await schema.execute(case.text, variable_values=variables, context_value=context)
        payload = {"data": result.data}
        errors = [(one.extensions or {}).get("code") for one in result.errors or ()]
    orjson.dumps(payload, option=orjson.OPT_UTC_Z)
    return context, tuple(map(str, errors))


async def figures(
    dsn: str, marks: Marks, postgres_s: Callable[[], float], *, only: str = "", times: int = 2
) -> AsyncIterator[Figure]:
    """Measure each case with both executors, after one warm-up; yield the minimum of `times` runs."""
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(start_measured)
    try:
        async with opened(dsn, marks.token) as (app_services, actor, summed):
            async with app_services.database.across() as connection:
                after = await connection.fetchval("select oldest_seq - 1 from feed_head")
            compiled = CompiledExecutor(schema)
            for case in (one for one in cases(marks, after) if only in one.name):
                for name, executor in (("plan", compiled), ("graphql-core", None)):
                    each: list[Figure] = []
                    for _ in range(1 + times):
                        summed.sum, begun_there, begun = 0.0, postgres_s(), process_time()
                        context, errors = await answered(app_services, actor, case, executor)
                        service_ms = (process_time() - begun) * 1000
                        postgres_ms = (postgres_s() - begun_there) * 1000
                        cost, charged = context.operation_state.cost or 0, max(summed.sum, 1.0)
                        each.append(Figure(case.name, name, service_ms, postgres_ms, cost, charged, errors))
                    yield min(each[1:], key=lambda one: one.service_ms + one.postgres_ms)
    finally:
        loop.set_task_factory(before)


async def make_changes(dsn: str, marks: Marks, count: int = CHANGES) -> None:
    """Append so many check-ins to the feed, each of which moved six numbers."""
    connection = await asyncpg.connect(dsn, command_timeout=LIMIT_S)
    try:
        drawn = min(len(marks.key_results) - 6, 1_000)
        await connection.execute(MAKE_CHANGES, marks.organization_id, count, drawn)
        await connection.execute(MOVE_HEAD, marks.organization_id, count)
        await repair_listing(connection, marks.organization_id)
        await connection.execute("vacuum (analyze) change, change_node")
    finally:
        await connection.close()


def compared(found: list[Figure]) -> list[float]:
    """Return the CPU time per 1,000 of cost of the figures above `LEAST_COMPARED`, sorted."""
    return sorted(one.ms_per_1_000 for one in found if one.charged > LEAST_COMPARED)


def head() -> Iterator[str]:
    """Yield the header lines of the table."""
    yield "| document | executor | service ms | PostgreSQL ms | requested cost | charged | ms per 1,000 |"
    yield "|---|---|---|---|---|---|---|"


async def _print(dsn: str, marks: Marks, postgres_s: Callable[[], float], only: str) -> None:
    await make_changes(dsn, marks)
    found: list[Figure] = []
    print("\n".join(head()))
    async for one in figures(dsn, marks, postgres_s, only=only):
        found.append(one)
        print(one.row(), flush=True)
    least, *_, most = compared(found)
    say(f"{least:.1f} to {most:.1f} ms for 1,000 of cost where that is more than {LEAST_COMPARED}")


def main(cache: Path, only: str = "") -> None:
    """Measure on a new copy of the database."""
    cache.mkdir(parents=True, exist_ok=True)
    with Databases.running(cache.resolve(), None) as databases:
        template = databases.template(LARGE, SEED)
        copy = databases.copy(template, "costs", competing=False)
        marks = databases.marks(copy)
        asyncio.run(_print(databases.server.dsn_of(copy), marks, databases.cpu_seconds, only))


if __name__ == "__main__":
    main(Path(__file__).parent.parent / ".bench", *sys.argv[1:])
