"""Number repair: recompute an organisation's numbers, node listing and audiences; store what differs."""

from dataclasses import dataclass
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.okr.cadence import EffectiveCadence
from okr_api.okr.change import Change, Delta
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.store.audiences import update_audiences
from okr_api.store.change_nodes import ListingDifference, listing_differences, repair_listing
from okr_api.store.database import Database
from okr_api.store.tree_loader import days_of_cycles, load_everything
from okr_api.store.unit_of_work import Work, unit_of_work

from .number_differences import (
    Difference,
    audience_differences,
    differences_of,
    differences_of_cadences,
)
from .recompute import load_readings_of_all, recompute_everything, save_moved_days

REASON = "All numbers were recounted from the facts"


@dataclass(frozen=True, slots=True)
class NumberRepair:
    """Differences found, and the `seq` of the change that repaired numbers; None if none was stored."""

    differences: list[Difference | ListingDifference]
    seq: int | None


def append_repair(work: Work, author: Author, reason: str, deltas: tuple[Delta, ...]) -> int:
    """Append the change of a repair to the feed and return its `seq`."""
    change = Change(
        seq=work.next_seq,
        recorded_at=work.now,
        kind=ChangeKind.ORGANIZATION_UPDATED,
        author=author,
        node_type=NodeType.ORGANIZATION,
        node_id=work.organization.id,
        reason=reason,
        deltas=deltas,
    )
    work.changes.append(change)
    return change.seq


async def recount_organization(
    database: Database, organization_id: UUID, *, author: Author, dry_run: bool = False
) -> NumberRepair:
    """Recompute all numbers and audiences of an organisation and the list of its changes; store what differs.

    Subscribers receive numbers like any other change. With `dry_run` nothing is stored.
    """
    async with unit_of_work(database, organization_id, planned_anew=True) as work:
        tree = work.tree
        await load_everything(work.connection, tree)
        await load_readings_of_all(work.connection, tree)
        days = await days_of_cycles(work.connection, organization_id)
        cadences = await differences_of_cadences(work.connection, tree, list(tree.objectives))
        for each in cadences:  # numbers follow from them
            assert each.recomputed is None or isinstance(each.recomputed, EffectiveCadence)
            tree.move_cadence(each.node_id, each.recomputed)
        deltas = await recompute_everything(tree, work.now)
        listing = await listing_differences(work.connection, organization_id)
        audiences = await audience_differences(work.connection, tree, tree.objectives)
        numbers = [*differences_of(tree, days), *audiences, *cadences]
        found: list[Difference | ListingDifference] = [*numbers, *listing]
        if dry_run or not found:
            return NumberRepair(found, None)
        if listing:
            await repair_listing(work.connection, organization_id)
        if not numbers:
            return NumberRepair(found, None)
        wrong = [each.node_id for each in audiences]
        await update_audiences(work.connection, organization_id, seq=work.next_seq, objectives=wrong)
        save_moved_days(tree, days)
        seq = append_repair(work, author, REASON, deltas)
    return NumberRepair(found, seq)
