"""Next check-in of a key result or objective, by which something new on it is due unless a day is given."""

from datetime import date
from uuid import UUID

from okr_api.store.check_in_plans import load_slots
from okr_api.store.unit_of_work import Work


async def next_check_in_day(work: Work, node_id: UUID, *, is_checked_in: bool = False) -> date | None:
    """Return the local day of the next check-in that is due; None without one in the cycle.

    `is_checked_in`: a check-in is being recorded, which meets the slot that is open.
    """
    if not _has_cadence(work, node_id):
        return None
    slots = await load_slots(work.connection, work.organization, [node_id], work.now)
    for slot in slots.get(node_id, ()):
        is_ahead = slot.check_in_id is None and slot.due.due_at > work.now
        if is_ahead and not (is_checked_in and slot.due.opens_at <= work.now):
            return slot.due.day
    return None


def _has_cadence(work: Work, node_id: UUID) -> bool:
    """Return whether check-ins on the node are due: on an objective only by a cadence of its own."""
    key_result = work.tree.key_results.get(node_id)
    objective = work.tree.objectives[key_result.objective_id if key_result else node_id]
    if key_result is not None:
        return key_result.effective_cadence(objective) is not None
    effective = objective.effective_cadence
    return effective is not None and effective.source_id == objective.id
