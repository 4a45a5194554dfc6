"""Records of digests, such as roadblocks and lessons: which ones changes saved, which are of a scope."""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.digest import (
    MAX_DIGEST_ITEMS,
    RECORD_SECTIONS,
    SAVING_RECORDS,
    Digest,
    RecordSection,
    SavedRecord,
)
from okr_api.okr.entity import NodeType
from okr_api.store.meeting_statements import of_meetings
from okr_api.store.saved_rows import as_read
from okr_api.store.time_slicing import Batches, collect

from .change_queries import Change
from .global_ids import digits_of
from .snapshot import Snapshot

# Meetings and records of each scope, of which $2 is the id, beside those about its objectives.
# Hidden ones may be among them: changes never name these.
RECORDS_OF: Mapping[NodeType, str] = {
    NodeType.TEAM: of_meetings("team_id"),
    NodeType.CYCLE: of_meetings("cycle_id"),
    NodeType.PERSON: """
        select blocked.id from roadblock blocked where blocked.organization_id = $1 and blocked.owner_id = $2
        union all
        select decided.id from decision decided where decided.organization_id = $1 and decided.owner_id = $2
        union all
        select tried.id from experiment tried where tried.organization_id = $1 and tried.owner_id = $2
        union all
        select learned.id from lesson learned where learned.organization_id = $1 and learned.owner_id = $2
    """,
}
# Which of the ids are records that the change at the position saved, with what they are of.
_SAVED = """
        select '{node_type}' as node_type, {objective} as objective_id, saved.key_result_id
        from {table}_version saved
        where saved.organization_id = $1 and saved.id = wanted.id and saved.seq = wanted.seq{only}
"""
_RECORDS = sorted({node_type for _, node_type in RECORD_SECTIONS})
_ALL_SAVED = " union all ".join(
    _SAVED.format(
        node_type=node_type,
        table=node_type.lower(),
        objective="null::uuid" if node_type is NodeType.EXPERIMENT else "saved.objective_id",
        only=" and saved.version = 1" if node_type is NodeType.LESSON else "",  # lessons are listed when new
    )
    for node_type in _RECORDS
)
SAVED = f"""
    select wanted.seq, wanted.id, made.* from unnest($2::bigint[], $3::uuid[]) wanted(seq, id)
    cross join lateral ({_ALL_SAVED}) made
    order by wanted.seq, wanted.id
"""


async def saved_records(
    snapshot: Snapshot, changes: Sequence[Change], nodes: Container[str] | None
) -> Mapping[int, Sequence[SavedRecord]]:
    """Return the records in the scope that changes saved and name, by `seq`.

    With `nodes` they are those that are among these, or belong to one of them.
    """
    named = await collect((change["seq"], id) for change in changes for id in _named(change))
    found: dict[int, list[SavedRecord]] = {}
    async for batch in Batches(named):
        for row in await snapshot.fetch(SAVED, *map(list, zip(*batch, strict=True))):
            of = (row["id"], row["objective_id"], row["key_result_id"])
            if nodes is None or any(id in nodes for id in of if id):
                record = SavedRecord(NodeType(row["node_type"]), row["id"])
                found.setdefault(row["seq"], []).append(record)
    return found


def _named(change: Change) -> Iterator[str]:
    """Yield the ids, as hex digits, of what may be records that a change saved.

    A check-in with records has a change of its own; one of many check-ins has none.
    """
    kind = ChangeKind(change["kind"])
    if kind not in SAVING_RECORDS or change["node_id"] is None:
        return
    if kind is ChangeKind.CHECK_IN_RECORDED and len(change["check_in_ids"]) != 1:
        return
    yield from map(digits_of, (change["node_id"], *change["related_ids"]))


def record_lists(digest: Digest) -> dict[str, Any]:
    """Return the columns of the lists of records, the latest first, each with its total."""
    lists = {}
    for section in RecordSection:
        records = list(digest.records[section].items())
        nodes = [
            {"node_id": id, "change": as_read(change)} for id, change in records[::-1][:MAX_DIGEST_ITEMS]
        ]
        lists[section.lower()] = {"nodes": nodes, "total_count": len(records)}
    return lists
