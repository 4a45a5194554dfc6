"""Look-up of absences of people."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from okr_api.okr.absence import Absence, Absences

from .bulk_write import Row, RowReader
from .mappers.row_mapper import row_mapper

OF_PEOPLE = """
    select found.* from unnest($2::uuid[]) asked(id) cross join lateral (
        select * from absence
        where organization_id = $1 and person_id = asked.id and not removed offset 0
    ) found
    order by found.starts_on, found.id
"""
# Every version of the absences that people have ever had, and of those that their delegates have.
VERSIONS = """
    with recursive asked(id) as (
        select unnest($2::uuid[])
        union
        select version.delegate_id from asked
        join absence held on held.organization_id = $1 and held.person_id = asked.id
        join absence_version version on version.organization_id = $1 and version.id = held.id
            and version.delegate_id is not null
    )
    select version.* from asked
    join absence held on held.organization_id = $1 and held.person_id = asked.id
    join absence_version version on version.organization_id = $1 and version.id = held.id
    order by version.id, version.seq
"""
absence_of = row_mapper(Absence).object_of


async def absences_of(
    connection: RowReader, organization_id: UUID, people: Collection[UUID]
) -> dict[UUID, list[Absence]]:
    """Return the absences of people that were not deleted, by person, in order of their days."""
    found: defaultdict[UUID, list[Absence]] = defaultdict(list)
    if people:
        for row in await connection.fetch(OF_PEOPLE, organization_id, list(people)):
            found[row["person_id"]].append(absence_of(row))
    return dict(found)


async def absences_recorded_by(
    connection: RowReader, organization_id: UUID, people: Collection[UUID], instants: Collection[datetime]
) -> dict[datetime, Absences]:
    """Return the absences of people and of their delegates, by person, as they were at each instant."""
    rows: Sequence[Row] = ()
    if people:
        rows = await connection.fetch(VERSIONS, organization_id, list(people))
    return {instant: _recorded_by(rows, instant) for instant in instants}


def _recorded_by(versions: Sequence[Row], instant: datetime) -> Absences:
    """Return the absences by their last versions that were recorded by an instant, in order of their days."""
    last = {row["id"]: row for row in versions if row["recorded_at"] <= instant}
    found: defaultdict[UUID, list[Absence]] = defaultdict(list)
    for row in sorted(last.values(), key=lambda row: (row["starts_on"], row["id"])):
        if not row["removed"]:
            found[row["person_id"]].append(absence_of(row))
    return dict(found)
