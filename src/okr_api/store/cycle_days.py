"""Clock events of cycles: the first instant of their days, and the first one after them."""

from uuid import UUID

from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.clock_event import ClockEvent, ClockWindow, DueEvents
from okr_api.okr.entity import NodeType

from .bulk_write import Postgres

# A day that had passed when it was set is no event. At one instant cycles end before others begin; shorter
# ones end before the longer ones around them, and begin after them.
_DAYS = """
    from cycle cross join lateral (
        values
            ('CYCLE_BEGUN', starts_at, case when parent_id is null then 2 else 3 end, (
                select min(recorded_at) from cycle_version version
                where version.organization_id = $1 and version.id = cycle.id
                    and version.starts_on = cycle.starts_on
            )),
            ('CYCLE_ENDED', ends_at, case when parent_id is null then 1 else 0 end, (
                select min(recorded_at) from cycle_version version
                where version.organization_id = $1 and version.id = cycle.id
                    and version.ends_on = cycle.ends_on
            ))
    ) day(kind, at, rank, set_at)
    where cycle.organization_id = $1 and day.at > coalesce(day.set_at, '-infinity')
"""
EVENTS = f"""
    select cycle.id, day.kind, day.at, day.rank {_DAYS}
        and (day.at > $2 or day.at = $2 and cycle.id > $3) and day.at <= $4
        and ($5::uuid[] is null or cycle.id = any($5))
    order by day.at, cycle.id limit $6
"""
NEXT = f"select min(day.at) {_DAYS} and day.at > $2"


async def cycle_events(connection: Postgres, organization_id: UUID, window: ClockWindow) -> DueEvents:
    """Return the next beginnings and ends of cycles within a window."""
    after = window.after
    next_at = await connection.fetchval(NEXT, organization_id, after.told_before)
    if next_at is None or next_at > window.until:
        return DueEvents((), next_at)
    rows = await connection.fetch(
        EVENTS, organization_id, after.until, after.node_id, window.until, window.node_ids, window.limit
    )
    events = (
        ClockEvent(row["at"], row["id"], ChangeKind(row["kind"]), NodeType.CYCLE, rank=row["rank"])
        for row in rows
    )
    return DueEvents(tuple(events), window.until)
