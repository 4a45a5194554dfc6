"""Data loading: fill a database by COPY and record the ids that requests use."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import Table

from bench.organization import Making, Part, Sizes
from okr_api.auth.tokens import hash_token
from okr_api.okr.entities import ENTITIES
from okr_api.okr.people import Person, Team
from okr_api.store import tables
from okr_api.store.embedded.cluster import OWNER
from okr_api.store.entity_tables import PLAIN_TABLES
from okr_api.store.mappers.alignment import alignment_row
from okr_api.store.mappers.check_in import check_in_row
from okr_api.store.mappers.cycle import cycle_row
from okr_api.store.mappers.key_result import key_result_row
from okr_api.store.mappers.objective import objective_row
from okr_api.store.mappers.organization import organization_row
from okr_api.store.schema_version import migrate
from okr_api.store.tables import table_of

TOKEN = "okr_this_token_opens_the_benchmark_and_nothing_else"  # noqa: S105  not a secret
COPY_LIMIT_S = 1_200
DOCUMENTS = {"milestones", "target_revisions"}
VERSIONED = (*(entity.table for entity in ENTITIES if entity.section and entity.is_versioned), "alignment")

# Facts about a filled database, kept for later runs. PostGraphile is not shown this schema.
MARKS = """
create schema bench;
create table bench.mark (organization_id uuid, cycle_id uuid, made_at timestamptz, runs_until timestamptz);
create table bench.root (n int primary key, id uuid not null);
create table bench.objective (n int primary key, id uuid not null);
create table bench.key_result (n int primary key, id uuid not null, low float8, high float8);
"""
# Drawn by hash: the same ones each time, and no neighbours.
DRAW = """
insert into bench.root
select row_number() over (order by id), id from objective o
where cycle_id = $1 and not exists (select from alignment where child_id = o.id);
insert into bench.objective
select row_number() over (order by md5(id::text)), id from objective where cycle_id = $1;
insert into bench.key_result
select row_number() over (order by md5(k.id::text)), k.id, least(start_value, target_value),
    greatest(start_value, target_value)
from key_result k join objective o on o.id = k.objective_id where cycle_id = $1;
"""
DRAWN = "select * from bench.{} order by n"
# A key result of the first tree's root.
WATCHED = """
select drawn.id, low, high from bench.key_result drawn
join key_result k on k.id = drawn.id join bench.root on root.id = k.objective_id and root.n = 1
order by drawn.n limit 1
"""


@dataclass(frozen=True)
class Marks:
    """Ids of a filled database from which requests are made."""

    organization_id: UUID
    cycle_id: UUID
    made_at: datetime
    runs_until: datetime
    roots: list[UUID]
    objectives: list[UUID]
    key_results: list[tuple[UUID, float, float]]
    watched: tuple[UUID, float, float]
    team_id: UUID
    token: str = TOKEN


async def fill(
    dsn: str,
    sizes: Sizes,
    seed: int,
    as_of: datetime,
    *,
    said: Callable[[str], None],
    superuser_dsn: str | None = None,
) -> None:
    """Migrate an empty database and insert the organisation.

    As superuser, foreign keys are not checked: this halves the time, and the rows are the same.
    """
    await migrate(dsn)
    connection = await asyncpg.connect(superuser_dsn or dsn, command_timeout=COPY_LIMIT_S)
    try:
        if superuser_dsn:
            await connection.execute(f"set session_replication_role = replica; set role {OWNER}")
        async with connection.transaction():
            await _put(connection, Making(sizes, seed, as_of), said)
        await connection.execute("vacuum (analyze, freeze)")
    finally:
        await connection.close()


async def _put(connection: asyncpg.Connection, making: Making, said: Callable[[str], None]) -> None:
    newest = await put_organization(connection, making, [_token(making)], said)
    await put_versions(connection, making.as_of)
    await connection.execute(MARKS)
    cycle = newest.cycle
    await connection.execute(
        "insert into bench.mark values ($1, $2, $3, $4)",
        making.organization.id,
        cycle.id,
        making.as_of,
        cycle.ends_at(making.organization.zone),
    )
    for statement in DRAW.split(";"):
        if statement.strip():
            await connection.execute(statement, cycle.id)


async def put_organization(
    connection: asyncpg.Connection,
    making: Making,
    tokens: Iterable[Mapping[str, Any]],
    said: Callable[[str], None],
) -> Part:
    """Copy one organisation without the first versions of its definitions; return its newest cycle."""
    put = Copying(connection, making.organization.id)
    organization = making.organization
    itself = organization_row(organization)
    await put.rows(tables.OrganizationRow, [{**itself, "id": organization.id, "created_at": making.as_of}])
    await put.rows(tables.OrganizationVersionRow, [{**itself, "seq": 0, "recorded_at": making.as_of}])
    for table, entities in ((PLAIN_TABLES[Person], making.people), (PLAIN_TABLES[Team], making.teams)):
        await put.into(table.table, [table.row_of(entity, organization) for entity in entities])
    await put.rows(tables.TokenRow, tokens)
    newest: Part | None = None
    for newest in making.parts():
        numbers = f"{len(newest.tree.objectives):,} objectives, {len(newest.check_ins):,} check-ins"
        said(f"{newest.cycle.name}: {numbers}")
        await _put_part(put, newest)
    assert newest is not None
    head: dict[str, Any] = {"oldest_seq": making.seq + 1}
    for position in ("", "tree_", "plan_"):
        head |= {f"{position}seq": making.seq, f"{position}recorded_at": making.as_of}
    await put.rows(tables.FeedHeadRow, [head])
    return newest


async def _put_part(put: "Copying", part: Part) -> None:
    tree = part.tree
    await put.rows(tables.CycleRow, [cycle_row(part.cycle, tree.organization)])
    await put.rows(
        tables.ObjectiveRow,
        (objective_row(one, tree.objective_standings[one.id]) for one in tree.objectives.values()),
    )
    await put.rows(
        tables.KeyResultRow,
        (key_result_row(one, tree.key_result_standings[one.id]) for one in tree.key_results.values()),
    )
    await put.rows(tables.AlignmentRow, map(alignment_row, tree.alignments.values()))
    await put.rows(tables.CheckInRow, map(check_in_row, part.check_ins))


def _token(making: Making) -> dict[str, Any]:
    """Return the token of a person with scope check_in, who sees no drafts: visibility is checked per row."""
    person = making.people[0]
    return {
        "id": making.ids.at(making.as_of),
        "token_hash": hash_token(TOKEN),
        "name": person.name,
        "person_id": person.id,
        "scopes": ["check_in"],
        "created_at": making.as_of,
        "expires_at": None,
        "revoked_at": None,
        "sees_private": False,
    }


async def put_versions(connection: asyncpg.Connection, as_of: datetime) -> None:
    """Write the first version of each definition, under change 1, for all organisations."""
    for name in VERSIONED:
        version = tables.metadata.tables[f"{name}_version"]
        kept = [c.name for c in version.columns if c.name not in ("seq", "recorded_at", "ended")]
        columns = ", ".join(kept)
        more = (", ended", ", false") if name == "alignment" else ("", "")
        await connection.execute(
            f"insert into {name}_version ({columns}, seq, recorded_at{more[0]}) "
            f"select {columns}, 1, $1{more[1]} from {name}",
            as_of,
        )


class Copying:
    """Writer of one organisation's rows, by COPY."""

    def __init__(self, connection: asyncpg.Connection, organization_id: UUID) -> None:
        self.connection = connection
        self.organization_id = organization_id

    async def rows(self, row: type[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Copy the rows into the table of a row class."""
        await self.into(table_of(row), rows)

    async def into(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Copy the rows into a table."""
        names = [column.name for column in table.columns]
        await self.connection.copy_records_to_table(
            table.name, columns=names, records=self._records(names, rows), timeout=COPY_LIMIT_S
        )

    def _records(self, names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Any, ...]]:
        for row in rows:
            whole = {"organization_id": self.organization_id, **row}
            for name in DOCUMENTS & whole.keys():
                whole[name] = orjson.dumps(whole[name]).decode()
            yield tuple(whole[name] for name in names)


async def marks_of(dsn: str) -> Marks:
    """Return the marks of a filled database."""
    connection = await asyncpg.connect(dsn)
    try:
        mark = await connection.fetchrow("select * from bench.mark")
        if mark is None:
            raise LookupError("This database was not filled by the benchmark")
        return Marks(
            **dict(mark),
            roots=[row["id"] for row in await connection.fetch(DRAWN.format("root"))],
            objectives=[row["id"] for row in await connection.fetch(DRAWN.format("objective"))],
            key_results=[
                (row["id"], row["low"], row["high"])
                for row in await connection.fetch(DRAWN.format("key_result"))
            ],
            watched=tuple((await connection.fetch(WATCHED))[0]),
            team_id=await connection.fetchval("select id from team order by id limit 1"),
        )
    finally:
        await connection.close()


def say(line: str) -> None:
    """Print a progress line to stderr, as stdout is for the table."""
    print(f"  {line}", file=sys.stderr, flush=True)
