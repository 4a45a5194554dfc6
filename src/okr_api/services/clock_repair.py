"""Repair what a clock that ran ahead has recorded: nothing stays recorded or effective after now."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from okr_api.okr.change import Change, ChangeKind, NodeType
from okr_api.okr.check_in import Author
from okr_api.scoring.chain import recount
from okr_api.store.database import Database
from okr_api.store.history import bring_back_to
from okr_api.store.loading import load_everything
from okr_api.store.unit_of_work import unit_of_work

from .recounting import load_readings_of_all

REASON = "The clock had run ahead; what it recorded was brought back to now"


@dataclass(frozen=True, slots=True)
class ClockRepair:
    """What a repair has done: how far ahead the feed was, and the change that tells of it."""

    ahead: timedelta
    seq: int


async def repair_clock(database: Database, organization_id: UUID, *, author: Author) -> ClockRepair | None:
    """Bring all instants after now back to now, recount everything, and append one change to the feed.

    Return None when the feed is not ahead of the database's clock; then nothing changes.
    """
    async with unit_of_work(database, organization_id, planned_anew=True, checks_clock=False) as work:
        ahead = work.now - work.clock
        if not ahead:
            return None
        work.now = work.clock
        await bring_back_to(work.connection, organization_id, work.now)
        await load_everything(work.connection, work.tree)
        await load_readings_of_all(work.connection, work.tree)
        key_results = list(work.tree.key_results)
        change = Change(
            seq=work.next_seq,
            recorded_at=work.now,
            kind=ChangeKind.ORGANIZATION_UPDATED,
            author=author,
            node_type=NodeType.ORGANIZATION,
            node_id=organization_id,
            reason=REASON,
            deltas=recount(
                work.tree, key_results=key_results, objectives=list(work.tree.objectives), at=work.now
            ),
        )
        work.changes.append(change)
    return ClockRepair(ahead, change.seq)
