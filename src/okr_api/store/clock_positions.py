"""SQL of clock positions: which organisations are due, up to which instant; read and move positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from okr_api.okr.clock_event import ClockPosition

from .bulk_write import Postgres
from .database import Database
from .feed_head import LOCK_HEAD

# Organisations with a source that was never asked, or whose answer may have changed: something has been
# committed since, or its next event is due.
DUE = """
    select head.organization_id from feed_head head
    where head.organization_id > $1 and exists (
        select from unnest($2::text[]) asked(name)
        left join clock_position told
            on told.organization_id = head.organization_id and told.source = asked.name
        where told.organization_id is null or told.seq <> head.seq or told.next_at <= clock_timestamp()
    )
    order by head.organization_id limit $3
"""
READ = """
    select head.seq, organization.created_at, told.source, told.told_until, told.node_id
    from feed_head head
    join organization on organization.id = head.organization_id
    left join clock_position told on told.organization_id = head.organization_id
    where head.organization_id = $1
"""
# Moves a position if it is still where it was read, or is new; `$8` and `$9` are where it was.
MOVE = """
    insert into clock_position (organization_id, source, told_until, node_id, seq, next_at)
    select $1::uuid, $2::text, $3::timestamptz, $4::uuid, $5::bigint, $6::timestamptz
    where $7::boolean or exists (select from clock_position where organization_id = $1 and source = $2)
    on conflict (organization_id, source) do update
        set told_until = excluded.told_until, node_id = excluded.node_id, seq = excluded.seq,
            next_at = excluded.next_at
        where clock_position.told_until = $8::timestamptz
            and clock_position.node_id is not distinct from $9::uuid
    returning true
"""
# What a mutation needs to know of the statuses that the clock has told; before its first run, which begins at
# the creation, it has told none.
ANNOUNCED_UNTIL = """
    coalesce(
        (select case when node_id is null then told_until else told_until - interval '1 microsecond' end
         from clock_position where organization_id = $1 and source = 'status'),
        case when not exists (select from clock_position where organization_id = $1)
            then organization.created_at end
    )
"""


class PositionHasMoved(Exception):
    """Raised if another process has moved a position since it was read; nothing was done."""


@dataclass(frozen=True, slots=True)
class ClockPositions:
    """Positions of an organisation by source, and the head of its feed in the same snapshot.

    A source without one begins at `begins_at`.
    """

    seq: int
    begins_at: datetime
    stored: Mapping[str, ClockPosition]

    def of(self, source: str) -> ClockPosition:
        """Return the position of a source."""
        return self.stored.get(source) or ClockPosition(self.begins_at)


async def due_organizations(
    database: Database, after: UUID, sources: Sequence[str], limit: int
) -> list[UUID]:
    """Return the ids of the next organisations with sources that have to be asked, in order."""
    async with database.for_jobs() as connection:
        rows = await connection.fetch(DUE, after, sources, limit)
    return [row["organization_id"] for row in rows]


async def instant_between_writes(database: Database, organization_id: UUID) -> datetime:
    """Return the present instant, while nobody else writes in the organisation.

    A later snapshot has everything that was recorded before that instant: what it does not have yet is
    recorded by transactions that have locked the organisation since, and read the clock afterwards.
    """
    async with database.writing(organization_id) as connection:
        await connection.fetchrow(LOCK_HEAD, organization_id)
        instant: datetime = await connection.fetchval("select clock_timestamp()")
        return instant


async def read_positions(connection: Postgres, organization_id: UUID, until: datetime) -> ClockPositions:
    """Return the positions of an organisation.

    A new one, which has none, begins at its creation; a source that is new in an older one at `until`.
    """
    rows = await connection.fetch(READ, organization_id)
    stored = {
        row["source"]: ClockPosition(row["told_until"], row["node_id"]) for row in rows if row["source"]
    }
    return ClockPositions(rows[0]["seq"], until if stored else rows[0]["created_at"], stored)


async def move_position(
    connection: Postgres,
    organization_id: UUID,
    source: str,
    known: ClockPosition | None,
    position: ClockPosition,
    *,
    seq: int,
    next_at: datetime | None,
) -> None:
    """Store the position of a source that was at `known`, None if it had none.

    Raises:
        PositionHasMoved: it is elsewhere by now.
    """
    place = (position.until, position.node_id, seq, next_at)
    was = (known is None, known and known.until, known and known.node_id)
    if not await connection.fetchval(MOVE, organization_id, source, *place, *was):
        raise PositionHasMoved
