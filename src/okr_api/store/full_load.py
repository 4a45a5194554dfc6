"""Load a whole organisation in one snapshot, for exports; check-ins with their corrections, for imports."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.okr.change import Change
from okr_api.okr.change_kind import CLOCK_KINDS, ChangeKind
from okr_api.okr.check_in import CURRENT, CheckIn
from okr_api.okr.entities import ON_CHECK_INS
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import NotFound
from okr_api.okr.metric import MetricReading
from okr_api.okr.people import Organization

from .bulk_insert import batches_of
from .bulk_write import Postgres, Row
from .database import Database
from .entity_tables import ENTITY_TABLES
from .import_history import ALIGNMENTS, ORGANIZATION, Version, Versions
from .mappers.alignment import alignment_of
from .mappers.check_in import check_in_of
from .mappers.metric_reading import metric_reading_of
from .mappers.organization import organization_of, organization_version_of

MAX_FETCHED_ROWS = 2_000  # prefetched by each cursor
FIND_ORGANIZATION = "select * from organization where id = $1"
CHECK_INS = """
    select said.*, superseded.external_id as superseded_external_id,
        reading.external_id as metric_reading_external_id
    from check_in said left join check_in superseded
        on superseded.organization_id = said.organization_id and superseded.id = said.supersedes_id
    left join metric_reading reading
        on reading.organization_id = said.organization_id and reading.id = said.metric_reading_id
    where said.organization_id = $1 order by said.seq, said.place, said.id
"""
METRIC_READINGS = """
    select said.*, superseded.external_id as superseded_external_id
    from metric_reading said left join metric_reading superseded
        on superseded.organization_id = said.organization_id and superseded.id = said.supersedes_id
    where said.organization_id = $1 order by said.seq, said.place, said.id
"""
# External ids of check-ins and readings of metrics that look like UUIDs of the service.
FACTS_NAMED_AS_IDS = """
    select external_id from (
        select external_id from check_in where organization_id = $1
        union all select external_id from metric_reading where organization_id = $1
    ) said where external_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
"""
_REFERRED_CHECK_INS = " union ".join(
    f"select check_in_id from {entity.table} where organization_id = $1" for entity in ON_CHECK_INS
)
REFERRED_CHECK_INS = f"""
    select id, external_id from check_in where organization_id = $1 and id in ({_REFERRED_CHECK_INS})
"""
CHANGES = """
    select seq, recorded_at, kind, author_name, author_person_id, node_type, node_id, fields, reason
    from change where organization_id = $1 and kind <> all($2::text[]) order by seq
"""
FAMILIES = """
    with recursive chain as (
        (
            select * from check_in where organization_id = $1 and id = any($2::uuid[])
            union select * from check_in where organization_id = $1 and external_id = any($3::text[])
            union select * from check_in where organization_id = $1 and imported_as = any($3::text[])
            union select * from check_in
            where organization_id = $1 and imported_as = $4 and key_result_id = any($5::uuid[])
        )
        union
        select later.* from check_in later join chain on later.supersedes_id = chain.id
        where later.organization_id = $1
    )
    select * from chain
"""
KINDS_OF_FACTS = (
    ChangeKind.CHECK_IN_RECORDED,
    ChangeKind.CHECK_IN_RETRACTED,
    ChangeKind.METRIC_READING_RECORDED,
    ChangeKind.METRIC_READING_RETRACTED,
)


@dataclass(frozen=True)
class OrganizationSnapshot:
    """Snapshot of an organisation: its definitions, and its check-ins and changes while the snapshot is open.

    `definitions` and `versions` are by section of the file format. `uuid_names` are external ids of facts
    that look like ids of the service; `check_in_names` are those of check-ins that definitions refer to.
    """

    connection: Postgres
    organization: Organization
    definitions: dict[str, list[Any]]
    versions: Versions
    uuid_names: set[str]
    check_in_names: dict[UUID, str | None]

    async def check_ins(self) -> AsyncIterator[tuple[CheckIn, str | None, str | None]]:
        """Yield check-ins in recorded order, with the external ids of what they supersede and come from."""
        async for row in self._rows(CHECK_INS):
            yield check_in_of(row), row["superseded_external_id"], row["metric_reading_external_id"]

    async def metric_readings(self) -> AsyncIterator[tuple[MetricReading, str | None]]:
        """Yield readings of metrics in recorded order, each with the external id of what it supersedes."""
        async for row in self._rows(METRIC_READINGS):
            yield metric_reading_of(row), row["superseded_external_id"]

    async def changes(self) -> AsyncIterator[Change]:
        """Yield changes of definitions in order of `seq`, without their deltas.

        Changes by check-ins and readings are left out, as these have it all; so are imports: no facts.
        """
        without = [str(kind) for kind in (*KINDS_OF_FACTS, *CLOCK_KINDS, ChangeKind.IMPORTED)]
        async for row in self._rows(CHANGES, without):
            yield _decision(row)

    def _rows(self, statement: str, *parameters: object) -> AsyncIterator[Row]:
        cursor: AsyncIterator[Row] = self.connection.cursor(
            statement, self.organization.id, *parameters, prefetch=MAX_FETCHED_ROWS
        ).__aiter__()
        return cursor


@asynccontextmanager
async def read_organization(database: Database, organization_id: UUID) -> AsyncIterator[OrganizationSnapshot]:
    """Yield everything of the organisation in one snapshot, which is open as long as the context lasts.

    Raises:
        NotFound: no such organisation.
    """
    async with database.snapshot(organization_id) as connection:
        row = await connection.fetchrow(FIND_ORGANIZATION, organization_id)
        if row is None:
            raise NotFound("There is no such organisation")

        named = await connection.fetch(FACTS_NAMED_AS_IDS, organization_id)
        referred = await connection.fetch(REFERRED_CHECK_INS, organization_id)
        yield OrganizationSnapshot(
            connection=connection,
            organization=organization_of(row),
            definitions={
                table.entity.section: [
                    table.object_of(row)
                    async for row in _rows_of(connection, organization_id, table.table.name, "id")
                ]
                for table in ENTITY_TABLES.values()
            },
            versions=await _versions(connection, organization_id),
            uuid_names={row["external_id"] for row in named},
            check_in_names={row["id"]: row["external_id"] for row in referred},
        )


async def check_in_families(
    connection: Postgres,
    organization_id: UUID,
    *,
    ids: Sequence[UUID],
    external_ids: Sequence[str],
    current_of: Sequence[UUID],
) -> list[CheckIn]:
    """Return check-ins by id or external id, current values by key result, and all their corrections."""
    found: dict[UUID, CheckIn] = {}

    async def look(ids: Sequence[UUID], external_ids: Sequence[str], current_of: Sequence[UUID]) -> None:
        rows = await connection.fetch(FAMILIES, organization_id, ids, external_ids, CURRENT, current_of)
        found.update((row["id"], check_in_of(row)) for row in rows if row["id"] not in found)

    for some_ids in batches_of(ids):
        await look(some_ids, [], [])
    for some_names in batches_of(external_ids):
        await look([], some_names, [])
    for key_results in batches_of(current_of):
        await look([], [], key_results)
    return list(found.values())


def _rows_of(connection: Postgres, organization_id: UUID, table: str, order: str) -> AsyncIterator[Row]:
    statement = f"select * from {table} where organization_id = $1 order by {order}"
    cursor = connection.cursor(statement, organization_id, prefetch=MAX_FETCHED_ROWS)
    rows: AsyncIterator[Row] = cursor.__aiter__()
    return rows


async def _versions(connection: Postgres, organization_id: UUID) -> Versions:
    readers = {
        table.entity.section: (table.versions.name, table.object_of) for table in ENTITY_TABLES.values()
    }
    readers[ORGANIZATION] = ("organization_version", organization_version_of)
    readers[ALIGNMENTS] = ("alignment_version", alignment_of)
    versions = Versions()
    for section, (table, object_of) in readers.items():
        versions[section] = [
            Version(object_of(row), row["seq"], row["recorded_at"], row.get("ended", False))
            async for row in _rows_of(connection, organization_id, table, "seq")
        ]
    return versions


def _decision(row: Any) -> Change:
    return Change(
        seq=row["seq"],
        recorded_at=row["recorded_at"],
        kind=ChangeKind(row["kind"]),
        author=Author(row["author_name"], row["author_person_id"]),
        node_type=NodeType(row["node_type"]),
        node_id=row["node_id"],
        fields=tuple(row["fields"]),
        reason=row["reason"],
    )
