"""Rows of the past: fill shadow tables with what an organisation's tables held at an instant.

The latest versions that were recorded by then are copied by PostgreSQL. Objectives, key results and cycles
have columns that are computed; the versions of these are read, to be completed and saved by the caller.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from okr_api.okr.cadence import Cadence
from okr_api.okr.errors import TooMany
from okr_api.okr.frozen_rules import FrozenRules
from okr_api.okr.people import Organization

from .bulk_write import Batch, Row
from .cadence_statements import TeamCadence
from .entity_tables import PLAIN_TABLES
from .mappers.organization import organization_version_of
from .past_positions import PastPosition
from .shadow_pool import ShadowConnection
from .shadow_tables import AS_OF_SETTING, SEQ_SETTING, VERSIONS, with_all
from .tables import metadata
from .time_slicing import TimeSlice

MAX_PAST_NODES = 5_000
MAX_PAST_CHECK_INS = 50_000
MAX_PAST_VERSIONS = 50_000
MAX_ROWS_FETCHED = 500  # at a time
SIZES = """
    select (select count(*) from {schema}.objective where organization_id = $1)
        + (select count(*) from {schema}.key_result where organization_id = $1) as nodes,
    (select count(*) from (
        select from {schema}.check_in where organization_id = $1 limit $2 + 1) said) as check_ins,
    (select count(*) from ({versions}) kept) as versions
"""
SET = "select set_config($1, $2, true)"
HEAD = """
    insert into feed_head values ($1, $2, $3, $4, $2, $4, $2, $4)
"""
LATEST = "select distinct on (id) * from {table}_version where organization_id = $1 order by id, seq desc"
EDGES = """
    select * from (
        select distinct on (child_id, parent_id) * from alignment_version where organization_id = $1
        order by child_id, parent_id, seq desc
    ) latest where not ended
"""
ORGANIZATION = """
    insert into organization ({columns}, id, created_at)
    select {columns}, $1, (select created_at from {schema}.organization where id = $1)
    from organization_version where organization_id = $1 order by seq desc limit 1
"""
# What never changes once it is there: the audience of an objective is the present one, by which it is seen.
PRESENT = "select id, viewer_ids, lineage_id from {schema}.objective where organization_id = $1"
ORGANIZATION_AT = """
    select * from organization_version where organization_id = $1 and recorded_at <= $2
    order by seq desc limit 1
"""
TEAMS_AT = """
    select distinct on (id) id, parent_id, cadence from team_version
    where organization_id = $1 and recorded_at <= $2 order by id, seq desc
"""
RULES = "select id, rules from {schema}.cycle where organization_id = $1 and rules is not null"
OBJECTIVES_IN = "select * from {schema}.objective where organization_id = $1 and cycle_id = any($2)"
KEY_RESULTS_IN = """
    select own.* from {schema}.objective holder join {schema}.key_result own
        on own.organization_id = $1 and own.objective_id = holder.id
    where holder.organization_id = $1 and holder.cycle_id = any($2)
"""
DRAFTS_OF_OTHERS = """
    delete from check_in_draft where organization_id = $1
        and assignee_id <> $2 and author_person_id is distinct from $2
"""


def _versions() -> str:
    parts = (
        f"(select from {{schema}}.{table} where organization_id = $1 limit $3 + 1)" for table in VERSIONS
    )
    return " union all ".join(parts)


async def check_sizes(connection: ShadowConnection, organization_id: UUID) -> None:
    """Check that the organisation is not too large to be rebuilt.

    Raises:
        TooMany: it has too many nodes, check-ins or versions.
    """
    statement = SIZES.replace("{versions}", _versions()).format(schema=connection.schema)
    row = await connection.fetchrow(statement, organization_id, MAX_PAST_CHECK_INS, MAX_PAST_VERSIONS)
    assert row is not None
    connection.rows_written += sum(row.values())
    for name, most, what in (
        ("nodes", MAX_PAST_NODES, "objectives and key results"),
        ("check_ins", MAX_PAST_CHECK_INS, "check-ins"),
        ("versions", MAX_PAST_VERSIONS, "versions of its records"),
    ):
        if row[name] > most:
            raise TooMany(f"asOf and simulate take organisations of at most {most:,} {what}")


async def begin_past(connection: ShadowConnection, organization_id: UUID, position: PastPosition) -> None:
    """Limit the facts and versions to those recorded by the instant, and fill the plain tables from them."""
    await connection.execute(SET, AS_OF_SETTING, position.at.isoformat())
    await connection.execute(SET, SEQ_SETTING, str(position.seq))
    await connection.execute(HEAD, organization_id, position.seq, position.oldest_seq, position.at)
    versions = metadata.tables["organization_version"].columns
    shared = [one.name for one in metadata.tables["organization"].columns if one.name in versions]
    columns = ", ".join(shared)
    await connection.execute(ORGANIZATION.format(columns=columns, schema=connection.schema), organization_id)
    copies = [_copy_of(connection.schema, each.table, each.versions) for each in PLAIN_TABLES.values()]
    await connection.execute(with_all(copies), organization_id)


def _copy_of(schema: str, table: Table, versions: Table) -> str:
    """Return the statement that fills a plain table; what follows from constant fields is the present one."""
    derived = [one.name for one in table.columns if one.computed is None and one.name not in versions.columns]
    values = [f"present.{name}" for name in derived]
    names = [one.name for one in table.columns if one.name in versions.columns]
    columns = ", ".join([*names, *derived])
    join = f"join {schema}.{table.name} present using (organization_id, id)" if derived else ""
    chosen = ", ".join([*(f"latest.{name}" for name in names), *values])
    return f"""
        insert into {table.name} ({columns}) select {chosen} from (
            {LATEST.format(table=table.name)}
        ) latest {join}
    """


async def fetch_in_parts(connection: ShadowConnection, statement: str, *parameters: Any) -> list[Row]:
    """Return the rows of a statement, which may be many; asyncpg decodes each part without a pause."""
    cursor = await connection.cursor(statement, *parameters)
    found, time_slice = list[Row](), TimeSlice()
    while rows := await cursor.fetch(MAX_ROWS_FETCHED):
        found += rows
        await time_slice.pause()
    return found


async def latest_versions(connection: ShadowConnection, organization_id: UUID, table: str) -> Sequence[Row]:
    """Return the versions of an entity that were in force."""
    return await fetch_in_parts(connection, LATEST.format(table=table), organization_id)


async def latest_edges(connection: ShadowConnection, organization_id: UUID) -> Sequence[Row]:
    """Return the versions of the alignments that were there."""
    return await fetch_in_parts(connection, EDGES, organization_id)


async def present_audiences(connection: ShadowConnection, organization_id: UUID) -> Mapping[UUID, Row]:
    """Return the present audience of each objective, and the first one of its lineage."""
    rows = await fetch_in_parts(connection, PRESENT.format(schema=connection.schema), organization_id)
    return {row["id"]: row for row in rows}


async def cadences_at(
    connection: ShadowConnection, organization_id: UUID, at: datetime
) -> tuple[Organization, dict[UUID, TeamCadence]]:
    """Return the organisation and the cadences of all its teams, as recorded by an instant."""
    organization = await connection.fetchrow(ORGANIZATION_AT, organization_id, at)
    assert organization is not None
    teams = await connection.fetch(TEAMS_AT, organization_id, at)
    return organization_version_of(organization), {
        row["id"]: TeamCadence(row["parent_id"], row["cadence"] and Cadence.of_document(row["cadence"]))
        for row in teams
    }


async def present_rules(connection: ShadowConnection, organization_id: UUID) -> dict[UUID, FrozenRules]:
    """Return what each cycle that is closed at present was closed under."""
    rows = await connection.fetch(RULES.format(schema=connection.schema), organization_id)
    return {row["id"]: FrozenRules.of_document(row["rules"]) for row in rows}


@dataclass(frozen=True, slots=True)
class PresentNumbers:
    """Rows of objectives and key results as they are stored at present."""

    objectives: Sequence[Row]
    key_results: Sequence[Row]


async def present_numbers(
    connection: ShadowConnection, organization_id: UUID, cycles: Sequence[UUID]
) -> PresentNumbers:
    """Return what is stored at present of some cycles."""
    found = [
        await fetch_in_parts(connection, statement.format(schema=connection.schema), organization_id, cycles)
        for statement in (OBJECTIVES_IN, KEY_RESULTS_IN)
    ]
    return PresentNumbers(*found)


async def hide_drafts_of_others(connection: ShadowConnection, organization_id: UUID, person_id: UUID) -> None:
    """Delete the drafts of check-ins that are neither by nor for a person."""
    await connection.execute(DRAFTS_OF_OTHERS, organization_id, person_id)


async def save_past(
    connection: ShadowConnection, organization_id: UUID, name: str, rows: Iterable[Row]
) -> None:
    """Save completed rows into a shadow table."""
    batch = Batch(connection)
    await batch.append(metadata.tables[name], rows, {"organization_id": organization_id})
    await batch.write()
