"""Disk space check: a cached probe whether PostgreSQL can write to its disk, which leaves nothing behind."""

from time import monotonic

import asyncpg

from .bulk_write import Postgres

DISK_SPACE_TTL_S = 5.0
# A sort of 2 MiB does not fit into a work_mem of 64 kB: it writes a file, without a transaction id or a row.
SORT_ON_DISK = """
    select max(n) from (
        select n from (select n, repeat('x', 8000) || n as text from generate_series(1, 256) n) wide
        order by text offset 0
    ) sorted
"""


class DiskSpace:
    """Cached result of the latest probe."""

    def __init__(self) -> None:
        self._is_left = True
        self._known_until = 0.0

    def is_known(self) -> bool:
        """Return whether the latest probe is recent; if not, this caller has to probe, and no other."""
        known = monotonic() < self._known_until
        if not known:
            self._known_until = monotonic() + DISK_SPACE_TTL_S
        return known

    async def probe(self, connection: Postgres) -> None:
        """Write a temporary file, and store whether that was possible."""
        try:
            async with connection.transaction(readonly=True):
                await connection.execute("set local work_mem to '64kB'")
                await connection.fetchval(SORT_ON_DISK)
        except asyncpg.DiskFullError:
            self._is_left = False
        except asyncpg.ConfigurationLimitExceededError:
            self._is_left = True  # the operator's temp_file_limit was reached, not the end of the disk
        else:
            self._is_left = True

    def is_left(self) -> bool:
        """Return whether the latest probe could write."""
        return self._is_left
