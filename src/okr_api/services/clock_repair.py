"""Clock repair: bring an organisation's timestamps after now back to now, recompute, append one change."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.store.database import Database
from okr_api.store.import_history import bring_back_to
from okr_api.store.tree_loader import load_everything
from okr_api.store.unit_of_work import unit_of_work

from .number_repair import append_repair
from .recompute import load_readings_of_all, recompute_everything

REASON = "The clock had run ahead; what it recorded was brought back to now"


@dataclass(frozen=True, slots=True)
class ClockRepair:
    """Result of a repair: how far ahead the feed was, and the `seq` of the change that records the repair."""

    ahead: timedelta
    seq: int


async def repair_clock(database: Database, organization_id: UUID, *, author: Author) -> ClockRepair | None:
    """Move all timestamps after now back to now, recompute everything, and append one change to the feed.

    Return None and change nothing if the feed is not ahead of the database's clock.
    """
    async with unit_of_work(database, organization_id, planned_anew=True, checks_clock=False) as work:
        ahead = work.now - work.clock
        if not ahead:
            return None
        work.now = work.clock
        await bring_back_to(work.connection, organization_id, work.now)
        await load_everything(work.connection, work.tree)
        await load_readings_of_all(work.connection, work.tree)
        tree = work.tree
        deltas = await recompute_everything(tree, work.now)
        seq = append_repair(work, author, REASON, deltas)
    return ClockRepair(ahead, seq)
