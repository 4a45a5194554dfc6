"""My work: load what a person owes, as far as the viewer sees it, and return documents for GraphQL."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.absence import delegate_on
from okr_api.okr.calendar import end_of
from okr_api.okr.check_in_slots import Slot
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import TooMany
from okr_api.okr.latest_slots import owed_slot
from okr_api.okr.my_work import MAX_WORK_ITEMS, WorkItem, WorkKind, WorkReason, in_order, work_of_slot
from okr_api.okr.people import Organization
from okr_api.store.absence_lookup import absences_of
from okr_api.store.check_in_plans import load_slots
from okr_api.store.time_slicing import collect, mapped

from .global_ids import digits_of
from .my_work_statements import CHECK_INS, NODE_TYPES, PEOPLE, WORK
from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree
from .visible_statements import fetch_visible

MAX_NODES_OWED = 1_000  # whose slots are computed for one person
TOO_MANY_OWED = (
    "The person owes the check-ins of more than {:,} key results and objectives; let others check in for some"
)
Document = Mapping[str, Any]


async def load_my_work(snapshot: Snapshot, person_id: UUID, first: int) -> dict[str, Any]:
    """Return the columns of what a person owes: the first items in order, and how many there are.

    Raises:
        TooMany: they owe the check-ins of more than 1,000 nodes.
    """
    await snapshot.begin()
    rows = SnapshotRows(snapshot)
    organization = (await new_tree(rows)).organization
    found = await _load_records(snapshot, organization, person_id)
    check_ins = await _load_check_ins(rows, organization, person_id)
    items = in_order([*await mapped(lambda row: _item(row, organization), found), *check_ins])
    kinds = {row["kind"]: row for row in found}.values()  # each row has the numbers of its kind
    late = sum(item.is_overdue(snapshot.now) for item in check_ins)
    return {
        "person_id": person_id.hex,
        "items": await mapped(lambda item: _document(item, snapshot), items[:first]),
        "total_count": sum(row["total"] for row in kinds) + len(check_ins),
        "overdue_count": sum(row["overdue"] for row in kinds) + late,
    }


async def _load_records(snapshot: Snapshot, organization: Organization, person_id: UUID) -> list[Any]:
    """Return the rows of everything but check-ins: at most 500 of each kind, those that are due first."""
    today = snapshot.now.astimezone(organization.zone).date()
    return await fetch_visible(snapshot, WORK, person_id, today, MAX_WORK_ITEMS)


def _item(row: Any, organization: Organization) -> WorkItem:
    kind, due_on = WorkKind(row["kind"]), row["due_on"]
    return WorkItem(
        kind,
        NODE_TYPES[kind],
        UUID(row["id"]),
        WorkReason(row["reason"]),
        row["since"],
        end_of(due_on, organization.zone) if due_on else None,
        row["name"],
    )


async def _load_check_ins(
    rows: SnapshotRows, organization: Organization, person_id: UUID
) -> Sequence[WorkItem]:
    """Return the check-ins that the person owes: of each node the first open slot.

    Those of an absence are owed by the delegate while it lasts, who may check in until then.
    """
    snapshot = rows.snapshot
    today = snapshot.now.astimezone(organization.zone).date()
    asked = await fetch_visible(snapshot, CHECK_INS, person_id, today, MAX_NODES_OWED + 1)
    if len(asked) > MAX_NODES_OWED:
        raise TooMany(TOO_MANY_OWED.format(MAX_NODES_OWED), path=["personId"])
    nodes = {
        UUID(row["id"]): NodeType.KEY_RESULT if row["is_key_result"] else NodeType.OBJECTIVE for row in asked
    }
    loaded = await load_slots(rows, organization, list(nodes), snapshot.now, latest=1)
    owed = await mapped(lambda id: (id, owed_slot(loaded.get(id, ()), snapshot.now)), list(nodes))
    theirs = await collect((id, slot) for id, slot in owed if slot and slot.owed_by_id == person_id)
    excused = {slot.excused_id for _, slot in theirs if slot.excused_id}
    absences = await absences_of(rows, organization.id, excused)
    theirs = [
        (id, slot)
        for id, slot in theirs
        if slot.excused_id is None or delegate_on(absences, slot.excused_id, today) == person_id
    ]
    names = await _names(snapshot, [slot for _, slot in theirs])
    return [work_of_slot(slot, nodes[id], id, names) for id, slot in theirs]


async def _names(snapshot: Snapshot, slots: Sequence[Slot]) -> dict[UUID, str]:
    """Return the names of the people who are excused from slots, by id."""
    excused = sorted({slot.excused_id for slot in slots if slot.excused_id})
    return {UUID(row["id"]): row["name"] for row in await snapshot.fetch(PEOPLE, excused)}


def _document(item: WorkItem, snapshot: Snapshot) -> Document:
    return {
        "kind": item.kind,
        "node_type": item.node_type,
        "node_id": digits_of(item.node_id),
        "due_at": item.due_at,
        "since": item.since,
        "why": item.why,
        "overdue": item.is_overdue(snapshot.now),
    }
