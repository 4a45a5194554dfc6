"""Look-up of absences of people."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from okr_api.okr.absence import Absence

from .bulk_write import RowReader
from .mappers.row_mapper import row_mapper

OF_PEOPLE = """
    select found.* from unnest($2::uuid[]) asked(id) cross join lateral (
        select * from absence
        where organization_id = $1 and person_id = asked.id and not removed offset 0
    ) found
    order by found.starts_on, found.id
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
