"""Cache of approximate sizes of an organisation's tables and trees, for the cost of operations."""

import asyncio
import logging
from collections.abc import Hashable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from .bulk_write import Row
from .database import Database

log = logging.getLogger(__name__)

MAX_ROWS_COUNTED = 100_000
TABLE_SIZES_TTL_S = 300
MAX_SIZES_KEPT = 1_000
MAX_TREES_MEASURED = 100
COUNTED = (
    "objective",
    "key_result",
    "check_in",
    "check_in_draft",
    "person",
    "team",
    "team_membership",
    "absence",
    "priority",
    "metric",
    "metric_reading",
    "cycle",
    "initiative",
    "dependency",
    "comment",
    "reaction",
    "follow",
    "roadblock",
    "meeting",
    "decision",
    "experiment",
    "lesson",
    "review_record",
)
COUNT = "(select count(*) from (select from {table} where organization_id = $1 limit $2) counted) as {table}"
SIZES = f"""
    select seq, oldest_seq, {", ".join(COUNT.format(table=table) for table in COUNTED)}
    from feed_head where organization_id = $1
"""
TreeKey = tuple[Hashable, Hashable]  # where the tree starts, as the client named it, and the depth


@dataclass
class TableSizes:
    """Sizes of an organisation's tables and trees, as last counted.

    `rows` is by table, at most `MAX_ROWS_COUNTED` each; if empty, nothing is known. `trees` has the numbers
    of objectives of trees that were requested.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    seq: int = 0
    oldest_seq: int = 0
    trees: dict[TreeKey, int] = field(default_factory=dict)
    known_until: float = 0.0

    def tree(self, key: TreeKey, most: int) -> int:
        """Return the number of objectives of a tree; if unknown, all that there are, up to `most`."""
        known = self.trees.get(key)
        return min(self.rows.get("objective", most), most) if known is None else known

    def changes_after(self, seq: int) -> int:
        """Return the number of changes after a position."""
        return max(self.seq - max(seq, self.oldest_seq - 1), 0)

    def measured(self, key: TreeKey, objectives: int) -> None:
        """Store the number of objectives of a tree."""
        if len(self.trees) >= MAX_TREES_MEASURED:
            self.trees.clear()
        self.trees[key] = objectives


UNKNOWN = TableSizes()


class SizeCache:
    """Cache of the sizes of recently requested organisations, recounted every few minutes.

    Callers never wait for a count: until it ends they get the previous sizes, or unknown ones.
    """

    def __init__(self) -> None:
        self._kept: dict[UUID, TableSizes] = {}
        self._counting: dict[UUID, asyncio.Task[None]] = {}

    def of(self, database: Database, organization_id: UUID) -> TableSizes:
        """Return the sizes of an organisation as far as they are known; start a recount if they are old."""
        known = self._kept.get(organization_id, UNKNOWN)
        if known.known_until <= monotonic() and organization_id not in self._counting:
            work = self._count(database, organization_id)
            self._counting[organization_id] = asyncio.create_task(work, context=Context())
        return known

    def get(self, organization_id: UUID) -> TableSizes | None:
        """Return the sizes of an organisation, or None if they were not counted."""
        return self._kept.get(organization_id)

    async def _count(self, database: Database, organization_id: UUID) -> None:
        try:
            async with database.of(organization_id) as connection:
                row = await connection.fetchrow(SIZES, organization_id, MAX_ROWS_COUNTED)
            if row is not None:
                self._keep(organization_id, row)
        except Exception as fault:  # noqa: BLE001  the caller's own queries report database errors
            log.debug("could not count table sizes: %s", fault)
        finally:
            del self._counting[organization_id]

    def _keep(self, organization_id: UUID, row: Row) -> None:
        before = self._kept.pop(organization_id, UNKNOWN)
        while len(self._kept) >= MAX_SIZES_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[organization_id] = TableSizes(
            rows={table: row[table] for table in COUNTED},
            seq=row["seq"],
            oldest_seq=row["oldest_seq"],
            trees=dict(before.trees),
            known_until=monotonic() + TABLE_SIZES_TTL_S,
        )
