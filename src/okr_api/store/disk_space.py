"""Whether PostgreSQL can write to its disk: a probe that leaves nothing behind, cached for a few seconds."""

from time import monotonic

import asyncpg

from .bulk_write import Postgres

DISK_SPACE_TTL_S = 5.0
# A sort of two mebibytes does not fit into 64 kB, and is written to a file: no transaction id, no row.
SORT_ON_DISK = """
    select max(n) from (
        select n from (select n, repeat('x', 8000) || n as text from generate_series(1, 256) n) wide
        order by text offset 0
    ) sorted
"""


class DiskSpace:
    """The answer of the latest probe."""

    def __init__(self) -> None:
        self._is_left = True
        self._known_until = 0.0

    def is_known(self) -> bool:
        """Whether the latest probe is recent; if not, this caller is to probe, and no other."""
        known = monotonic() < self._known_until
        if not known:
            self._known_until = monotonic() + DISK_SPACE_TTL_S
        return known

    async def probe(self, connection: Postgres) -> None:
        """Write a little, and keep whether it could be written."""
        try:
            async with connection.transaction(readonly=True):
                await connection.execute("set local work_mem to '64kB'")
                await connection.fetchval(SORT_ON_DISK)
        except asyncpg.DiskFullError:
            self._is_left = False
        except asyncpg.ConfigurationLimitExceededError:
            self._is_left = True  # the operator's temp_file_limit says nothing of the disk
        else:
            self._is_left = True

    def is_left(self) -> bool:
        """Whether the latest probe could write."""
        return self._is_left
