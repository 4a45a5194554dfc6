"""Fields of check-in slots: load those of many key results, or objectives, at once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from okr_api.okr.check_in_slots import Slot, next_due_at
from okr_api.okr.errors import TooMany
from okr_api.okr.on_time_share import on_time_share
from okr_api.store.check_in_plans import load_slots
from okr_api.store.time_slicing import mapped

from .global_ids import digits_of
from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree

MAX_NODES_WITH_SLOTS = 500  # of one field: their slots are computed one by one
Document = Mapping[str, Any]
Slots = Mapping[UUID, Sequence[Slot]]


async def _shared_slots(snapshot: Snapshot, keys: Sequence[Any]) -> Slots:
    """Return the slots of nodes; several fields of the same nodes share a read.

    Raises:
        TooMany: there are more than 500 nodes.
    """
    named = frozenset(keys)
    if len(named) > MAX_NODES_WITH_SLOTS:
        raise TooMany(f"Check-in slots are computed of at most {MAX_NODES_WITH_SLOTS} nodes at a time")
    async with snapshot.sharing:
        if ("slots", named) not in snapshot.shared:
            await snapshot.begin()
            rows = SnapshotRows(snapshot)
            organization = (await new_tree(rows)).organization
            ids = [UUID(key) for key in named]
            found = await load_slots(rows, organization, ids, snapshot.now)
            snapshot.count(sum(map(len, found.values())))
            snapshot.shared["slots", named] = found
        shared: Slots = snapshot.shared["slots", named]
        return shared


async def next_check_in_dues(snapshot: Snapshot, keys: Sequence[Any]) -> Mapping[Any, datetime | None]:
    """Return when the next check-in of each node is due, by key; None without one."""
    slots = await _shared_slots(snapshot, keys)
    return {key: next_due_at(slots.get(UUID(key), ())) for key in keys}


async def on_time_shares(snapshot: Snapshot, keys: Sequence[Any]) -> Mapping[Any, float | None]:
    """Return the share of the slots of each node that were met on time, by key; None without one."""
    slots = await _shared_slots(snapshot, keys)
    return {key: on_time_share(slots.get(UUID(key), ())) for key in keys}


async def slot_documents(
    snapshot: Snapshot, keys: Sequence[Any], since: date | None = None, until: date | None = None
) -> Mapping[Any, list[Document]]:
    """Return the slots of each node that are due on the days, by key, as their GraphQL type reads them."""
    slots = await _shared_slots(snapshot, keys)

    def documents(key: Any) -> list[Document]:
        return [
            _document(slot)
            for slot in slots.get(UUID(key), ())
            if (since is None or slot.due.day >= since) and (until is None or slot.due.day <= until)
        ]

    return dict(zip(keys, await mapped(documents, list(keys)), strict=True))


def _document(slot: Slot) -> Document:
    return {
        "state": slot.state,
        "due_at": slot.due.due_at,
        "opens_at": slot.due.opens_at,
        "on_time_until": slot.due.on_time_until,
        "closes_at": slot.due.closes_at,
        "check_in_id": slot.check_in_id and digits_of(slot.check_in_id),
        "owed_by_id": slot.owed_by_id and digits_of(slot.owed_by_id),
        "excused_id": slot.excused_id and digits_of(slot.excused_id),
    }
