"""Positions of the past: which changes had been recorded by an instant, and that no other still can be."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from okr_api.okr.errors import InvalidInput

from .database import Database
from .shadow_pool import ShadowConnection

# The latest change recorded by then. Feeds are pruned, so that there may be none of that age any more.
POSITION = """
    select head.recorded_at as latest, clock_timestamp() as now, head.oldest_seq, coalesce(
        (select seq from {schema}.change where organization_id = $1 and recorded_at <= $2
         order by seq desc limit 1),
        head.oldest_seq - 1
    ) as seq, (
        select min(recorded_at) from {schema}.organization_version where organization_id = $1
    ) as begun
    from {schema}.feed_head head where head.organization_id = $1
"""
# A change is recorded with the instant at which its writer locked the head, and committed later.
RECORDED = "select recorded_at from feed_head where organization_id = $1"
UNLOCKED = "select clock_timestamp() from feed_head where organization_id = $1 for share"


@dataclass(frozen=True, slots=True)
class PastPosition:
    """Position of the feed at an instant."""

    at: datetime
    seq: int
    oldest_seq: int


async def wait_for_writers(database: Database, organization_id: UUID, at: datetime) -> None:
    """Wait until no change can be committed any more that was recorded by an instant.

    Raises:
        InvalidInput: the instant lies in the future.
        Busy: a writer takes too long.
    """
    async with database.of(organization_id) as connection:
        latest = await connection.fetchval(RECORDED, organization_id)
    if at > latest:
        async with database.writing(organization_id) as connection:
            _check_not_ahead(at, await connection.fetchval(UNLOCKED, organization_id))


def _check_not_ahead(at: datetime, now: datetime) -> None:
    if at > now:
        raise InvalidInput(f"The instant lies in the future: it is {now:%Y-%m-%dT%H:%M:%SZ} now")


async def find_position(connection: ShadowConnection, organization_id: UUID, at: datetime) -> PastPosition:
    """Return the position of the feed at an instant.

    Raises:
        InvalidInput: the instant lies in the future, or before the organisation.
    """
    statement = POSITION.format(schema=connection.schema)
    row = await connection.fetchrow(statement, organization_id, at)
    assert row is not None
    _check_not_ahead(at, row["now"])
    if at < row["begun"]:
        raise InvalidInput(
            "The instant lies before the first change, which was recorded at "
            f"{row['begun']:%Y-%m-%dT%H:%M:%S.%fZ}"
        )
    return PastPosition(at, row["seq"], row["oldest_seq"])
