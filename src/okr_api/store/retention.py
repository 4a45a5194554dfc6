"""Retention by SQL: delete a batch of changes or idempotency records that are too old; `pruning` repeats."""

from datetime import timedelta
from uuid import UUID

from .bulk_write import Postgres
from .change_nodes import TOUCHED
from .database import Database
from .delta_documents import STORED_BYTES

MAX_DELETED_ROWS = 500  # in one transaction; while it commits, a writer of the organisation waits
MAX_DELETED_STORED_BYTES = 640 * 1024  # of changes with many deltas: some 40,000 nodes are listed for so many
MAX_FEEDS_LISTED = 1_000
NOTIFICATION_BYTES = 100  # of a notification, approximately

# Ages are compared with now(): an index is of no use with clock_timestamp(), which may differ for each row.
# The oldest change of each feed is found by its key.
FEEDS_WITH_OLD_CHANGES = """
    select head.organization_id from feed_head head
    cross join lateral (
        select recorded_at from change where organization_id = head.organization_id order by seq limit 1
    ) oldest
    where head.organization_id > $1 and oldest.recorded_at < now() - $2::interval
    order by head.organization_id limit $3
"""
# Only a prefix of the feed, so that it stays without gaps whatever the clock did; at least one change.
# `offset 0` forces an index lookup for each listed node: PostgreSQL could otherwise read the whole list.
DELETE_CHANGES = f"""
    with old as (
        select seq, bool_and(recorded_at < now() - $2::interval) over (order by seq) as is_over,
            sum(bytes) over (order by seq) - bytes as bytes_before
        from (
            select seq, recorded_at, {STORED_BYTES} + (
                select coalesce(sum(pg_column_size(moved.*)), 0) from visibility_change moved
                where moved.organization_id = $1 and moved.seq = change.seq
            ) + (
                select count(*) * {NOTIFICATION_BYTES} from notification told
                where told.organization_id = $1 and told.seq = change.seq
            ) as bytes
            from change where organization_id = $1 order by seq limit $3
        ) oldest
    ), gone as (
        delete from change
        where organization_id = $1 and seq <= (select max(seq) from old where is_over and bytes_before < $4)
        returning *
    ), unlisted as (
        delete from change_node where ctid = any(array(
            select listed.place from ({TOUCHED.format(changes="gone")}) touched cross join lateral (
                select ctid as place from change_node
                where organization_id = $1 and node_id = touched.node_id
                    and is_direct = touched.is_direct and seq = touched.seq
                offset 0
            ) listed
        ))
    ), forgotten as (
        delete from visibility_change where organization_id = $1 and seq <= (select max(seq) from gone)
    ), untold as (
        delete from notification where organization_id = $1 and seq <= (select max(seq) from gone)
    )
    select count(*) as deleted, max(seq) as latest from gone
"""
RAISE_OLDEST = "update feed_head set oldest_seq = $2 where organization_id = $1 and oldest_seq < $2"
DELETE_IDEMPOTENCY_RECORDS = """
    with gone as (
        delete from idempotency where recorded_at <= (
            select max(recorded_at) from (
                select recorded_at from idempotency where recorded_at < now() - $1::interval
                order by recorded_at limit $2
            ) oldest
        )
        returning true
    )
    select count(*) from gone
"""


async def feeds_with_old_changes(database: Database, after: UUID, kept: timedelta) -> list[UUID]:
    """Return the organisations after the given id whose oldest change is older than `kept`, by id."""
    async with database.for_jobs() as connection:
        rows = await connection.fetch(FEEDS_WITH_OLD_CHANGES, after, kept, MAX_FEEDS_LISTED)
    return [row["organization_id"] for row in rows]


async def delete_old_changes(database: Database, organization_id: UUID, kept: timedelta) -> int:
    """Delete one batch of an organisation's oldest changes, if older than `kept`; return their number.

    The batch ends after `MAX_DELETED_ROWS`, or where the stored changes reach `MAX_DELETED_STORED_BYTES`. In
    the same transaction the feed begins after them: `oldest_seq` moves. The feed's head is locked last.

    Raises:
        Busy: the head was locked for too long; nothing was deleted.
    """
    async with database.for_jobs() as connection, connection.transaction():
        [row] = await connection.fetch(
            DELETE_CHANGES, organization_id, kept, MAX_DELETED_ROWS, MAX_DELETED_STORED_BYTES
        )
        if row["deleted"]:
            await connection.execute(RAISE_OLDEST, organization_id, row["latest"] + 1)
    deleted: int = row["deleted"]
    return deleted


async def delete_old_idempotency_records(connection: Postgres, kept: timedelta) -> int:
    """Delete one batch of the idempotency records that are older than `kept`; return their number.

    The batch includes all that were recorded together with its last one.
    """
    deleted: int = await connection.fetchval(DELETE_IDEMPOTENCY_RECORDS, kept, MAX_DELETED_ROWS)
    return deleted
