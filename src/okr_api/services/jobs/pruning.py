"""Hourly pruning jobs: delete old changes of each feed and old idempotency records; SQL in `retention`."""

import logging
from datetime import timedelta
from uuid import UUID

from okr_api.okr.errors import Busy
from okr_api.store.database import Database
from okr_api.store.idempotency_records import IDEMPOTENCY_TTL
from okr_api.store.retention import (
    MAX_DELETED_ROWS,
    delete_old_changes,
    delete_old_idempotency_records,
    feeds_with_old_changes,
)

from .job_runner import Job, JobOutcome

DEFAULT_FEED_DAYS = 400
MIN_FEED_DAYS = IDEMPOTENCY_TTL.days  # a replay returns the deltas of its change
PRUNING_INTERVAL_S = 3_600
MAX_BATCHES_PRUNED = 2_000  # in one run; what is left is for the next one
FIRST = UUID(int=0)

log = logging.getLogger(__name__)


def feed_pruning(days: int) -> Job:
    """Return the job that deletes changes which are older than so many days."""
    kept = timedelta(days=days)

    async def run(database: Database, position: str | None) -> JobOutcome:
        del position
        deleted, failures = await prune_feeds(database, kept)
        return JobOutcome(deleted, failures=failures)

    return Job("prune-feed", PRUNING_INTERVAL_S, run)


async def prune_feeds(database: Database, kept: timedelta) -> tuple[int, int]:
    """Delete changes older than `kept`; return their number and that of feeds that could not be pruned."""
    deleted, failures, batches, after = 0, 0, 0, FIRST
    while feeds := await feeds_with_old_changes(database, after, kept):
        for after in feeds:
            try:
                while batches < MAX_BATCHES_PRUNED:
                    batches += 1
                    count = await delete_old_changes(database, after, kept)
                    deleted += count
                    if not count:
                        break
            except Busy:
                log.warning("The feed of %s is locked; it is pruned by the next run", after)
            except Exception:
                log.exception("The feed of %s cannot be pruned", after)
                failures += 1
        if batches >= MAX_BATCHES_PRUNED:
            break
    return deleted, failures


async def prune_idempotency_records(database: Database, position: str | None = None) -> JobOutcome:
    """Delete the idempotency records that no retry finds any more."""
    del position
    deleted = 0
    for _ in range(MAX_BATCHES_PRUNED):
        async with database.for_jobs() as connection:
            count = await delete_old_idempotency_records(connection, IDEMPOTENCY_TTL)
        deleted += count
        if count < MAX_DELETED_ROWS:
            break
    return JobOutcome(deleted)


IDEMPOTENCY_PRUNING = Job("prune-idempotency", PRUNING_INTERVAL_S, prune_idempotency_records)
