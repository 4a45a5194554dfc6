"""Digests: read the changes of an interval that touch a scope, add them up, and return documents for GraphQL.

Facts and numbers are those of the feed. What belongs to the scope, and what is hidden, are as of the request.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from okr_api.okr.digest import LISTS, MAX_DIGEST_ITEMS, Digest, DigestSection, furthest
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import TooMany
from okr_api.okr.measure import LIMITS
from okr_api.store.saved_rows import as_read
from okr_api.store.time_slicing import STEPS_BETWEEN_CHECKS, Batches, TimeSlice, collect
from okr_api.store.tree_edges import edges_beneath

from .change_queries import Change, seen
from .digest_records import RECORDS_OF, record_lists, saved_records
from .global_ids import digits_of
from .snapshot import Snapshot
from .stored_changes import positions_at, read_changes
from .visible_statements import fetch_visible

MAX_CHANGES_DIGESTED = 20_000
MAX_DELTA_CHARACTERS_DIGESTED = 24_000_000  # an operation reads 33 MB at most
DIGEST_BATCH_SIZE = 500
SETTLED_AFTER = timedelta(minutes=1)  # a mutation records its instant a little before it commits
TOO_LONG = "The digest would be of more than {:,} changes; ask for a shorter interval or a smaller scope"
TOO_LARGE = (
    "The changes of the digest moved too many numbers: their deltas, also those outside the scope, "
    "have more than {:,} characters; ask for a shorter interval"
)
# Objectives of each scope, of which $2 is the id; those that are hidden are left out afterwards.
OBJECTIVES: Mapping[NodeType, str] = {
    NodeType.TEAM: "select id from objective where organization_id = $1 and team_id = $2",
    NodeType.CYCLE: "select id from objective where organization_id = $1 and cycle_id = $2",
    NodeType.PERSON: "select id from objective where organization_id = $1 "
    "and (owner_id = $2 or $2 = any(contributor_ids))",
    NodeType.OBJECTIVE: f"""
        with recursive beneath(id) as (
            select $2::uuid
            union
            select edge.child_id from beneath join lateral ({edges_beneath("= beneath.id")}) edge on true
        )
        select id from beneath
    """,
}
# Key results that belong to a scope beside those of its objectives.
KEY_RESULTS: Mapping[NodeType, str] = {
    NodeType.PERSON: "owned.owner_id = $2 or owned.check_in_owner_id = $2",
}
_HOLDERS = "join objective holder on {visible:holder} and holder.id"


def _nodes(node_type: NodeType) -> str:
    """Return the SQL of the ids in a scope: its own, its visible objectives, key results and records."""
    objectives, more = OBJECTIVES[node_type], KEY_RESULTS.get(node_type, "false")
    records = RECORDS_OF.get(node_type, "select $2::uuid")
    return f"""
        with held as materialized ({objectives})
        select $2::uuid as id
        union
        select holder.id from held {_HOLDERS} = held.id
        union
        select owned.id from held {_HOLDERS} = held.id
        join key_result owned on owned.organization_id = $1 and owned.objective_id = holder.id
        union
        select owned.id from key_result owned {_HOLDERS} = owned.objective_id
        where owned.organization_id = $1 and ({more})
        union
        ({records})
    """


NODES = {node_type: _nodes(node_type) for node_type in OBJECTIVES}
ALL_CHANGES = """
    select seq from change where organization_id = $1 and seq >= $2 and seq < $3 order by seq limit $4
"""
CHANGES_OF = """
    select distinct listed.seq from unnest(string_to_array($2, ',')::uuid[]) node(id) cross join lateral (
        select seq from change_node
        where organization_id = $1 and node_id = node.id and is_direct = true and seq >= $3 and seq < $4
        union all
        select seq from change_node
        where organization_id = $1 and node_id = node.id and is_direct = false and seq >= $3 and seq < $4
    ) listed
    order by listed.seq limit $5
"""
# How many check-ins each change recorded on each key result and objective that the viewer sees.
CHECK_INS = """
    select wanted.seq, coalesce(said.key_result_id, said.objective_id) as node_id, count(*) as count
    from unnest($2::bigint[]) wanted(seq)
    cross join lateral (
        select check_in_ids from change where organization_id = $1 and seq = wanted.seq offset 0
    ) made
    cross join lateral unnest(made.check_in_ids) one(id)
    join check_in said on said.organization_id = $1 and said.id = one.id and said.retraction_reason is null
    left join key_result asked on asked.organization_id = $1 and asked.id = said.key_result_id
    join objective holder on {visible:holder} and holder.id = coalesce(asked.objective_id, said.objective_id)
    group by wanted.seq, 2
"""
_LIMITS = ", ".join(f"'{one}'" for one in sorted(LIMITS))
# Which of the key results $2 are limits.
LIMITS_AMONG = f"""
    select measured.id from unnest($2::uuid[]) asked(id) cross join lateral (
        select id from key_result
        where organization_id = $1 and id = asked.id and measure in ({_LIMITS}) offset 0
    ) measured
"""
OLDEST = """
    select head.oldest_seq, clock_timestamp() as now, (
        select recorded_at from change
        where organization_id = $1 and seq >= head.oldest_seq order by seq limit 1
    ) as recorded_at
    from feed_head head where head.organization_id = $1
"""


@dataclass(frozen=True, slots=True)
class DigestScope:
    """What a digest is of: everything of the organisation without a type, else of the entity."""

    node_type: NodeType | None = None
    node_id: UUID | None = None


async def load_digest(
    snapshot: Snapshot, scope: DigestScope, since: datetime, until: datetime
) -> dict[str, Any]:
    """Return the columns of the digest of an interval, which includes `since` and excludes `until`.

    Raises:
        TooMany: it would be of too many changes, or of changes that moved too many numbers.
    """
    nodes: frozenset[str] | None = None
    if scope.node_type is not None:
        rows = await fetch_visible(snapshot, NODES[scope.node_type], scope.node_id)
        nodes = frozenset(row["id"] for row in rows)
    begin, end = await positions_at(snapshot, since, until)
    if nodes is None:
        listed = await snapshot.fetch(ALL_CHANGES, begin, end, MAX_CHANGES_DIGESTED + 1)
    else:
        named = ",".join(sorted(nodes))
        listed = await snapshot.fetch(CHANGES_OF, named, begin, end, MAX_CHANGES_DIGESTED + 1)
    if len(listed) > MAX_CHANGES_DIGESTED:
        raise TooMany(TOO_LONG.format(MAX_CHANGES_DIGESTED), path=["until"])
    digest = await _digest(snapshot, [row["seq"] for row in listed], nodes)
    await _mark_limits(snapshot, digest)
    is_complete = await _is_complete(snapshot, since, until)
    return {"since": since, "until": until, "is_complete": is_complete, **await _columns(digest)}


async def _digest(snapshot: Snapshot, seqs: Sequence[int], nodes: Container[str] | None) -> Digest:
    """Add up the changes at these positions, as far as they concern the nodes, in batches."""
    digest, characters, done = Digest(), 0, 0
    time_slice = TimeSlice()
    while done < len(seqs):
        batch = seqs[done : done + DIGEST_BATCH_SIZE]
        rows, size = await read_changes(snapshot, batch)
        characters += size
        if characters > MAX_DELTA_CHARACTERS_DIGESTED:
            raise TooMany(TOO_LARGE.format(MAX_DELTA_CHARACTERS_DIGESTED), path=["until"])
        done += len(rows) or len(batch)
        changes = await seen(snapshot, rows)
        check_ins = await _check_ins(snapshot, changes, nodes)
        records = await saved_records(snapshot, changes, nodes)
        for change in changes:
            await time_slice.pause()
            deltas = await _deltas_of(change, nodes)
            if nodes is None or deltas or _concerns(change, nodes):
                digest.add(change, check_ins.get(change["seq"], 0), records.get(change["seq"], ()))
                await _move(digest, deltas, time_slice)
    return digest


async def _mark_limits(snapshot: Snapshot, digest: Digest) -> None:
    """Mark the limits among the key results that reached a progress of 1: that they hold is not won yet."""
    reached = {
        digits_of(one.node_id): one
        for one in await collect(filter(lambda one: one.is_at_target, digest.movements.values()))
    }
    async for ids in Batches(list(reached)):
        for row in await snapshot.fetch(LIMITS_AMONG, ids):
            reached[row["id"]].is_limit = True


async def _move(digest: Digest, deltas: Sequence[Mapping[str, Any]], time_slice: TimeSlice) -> None:
    for place, delta in enumerate(deltas, 1):
        digest.move(delta)
        if place % STEPS_BETWEEN_CHECKS == 0:
            await time_slice.pause()


async def _deltas_of(change: Change, nodes: Container[str] | None) -> Sequence[Mapping[str, Any]]:
    deltas: Sequence[Mapping[str, Any]] = change["deltas"]
    return (
        deltas
        if nodes is None
        else await collect(one for one in deltas if digits_of(one["node_id"]) in nodes)
    )


def _concerns(change: Change, nodes: Container[str]) -> bool:
    """Return whether a change, as the viewer sees it, is of one of the nodes."""
    named = () if change["node_id"] is None else (change["node_id"],)
    return any(digits_of(id) in nodes for id in (*named, *change["related_ids"]))


async def _check_ins(
    snapshot: Snapshot, changes: Sequence[Change], nodes: Container[str] | None
) -> dict[int, int]:
    """Return the number of check-ins of each change on the nodes, by `seq`."""
    seqs = [change["seq"] for change in changes if change["check_in_ids"]]
    found: dict[int, int] = {}
    for row in await fetch_visible(snapshot, CHECK_INS, seqs) if seqs else ():
        if nodes is None or row["node_id"] in nodes:
            found[row["seq"]] = found.get(row["seq"], 0) + row["count"]
    return found


async def _is_complete(snapshot: Snapshot, since: datetime, until: datetime) -> bool:
    """Return whether the interval is over, and all of its changes are still kept."""
    [feed] = await snapshot.fetch(OLDEST)
    was_kept = feed["oldest_seq"] == 1 or (feed["recorded_at"] or feed["now"]) <= since
    return bool(was_kept and until <= feed["now"] - SETTLED_AFTER)


async def _columns(digest: Digest) -> dict[str, Any]:
    """Return the columns of what was added up, each list with its total."""
    lists: dict[str, Any] = {}
    for name, condition in LISTS.items():
        found = await collect(filter(condition, digest.movements.values()))
        lists[name] = _listed([asdict(one) for one in furthest(found)], len(found))
    people = digest.people()
    lists["people"] = _listed([asdict(one) for one in people[:MAX_DIGEST_ITEMS]], len(people))
    for section in DigestSection:
        changes = list(digest.listed[section].values())
        latest = changes[::-1][:MAX_DIGEST_ITEMS]
        lists[section.lower()] = _listed([as_read(change) for change in latest], len(changes))
    lists |= record_lists(digest)
    return {"change_count": digest.change_count, "check_in_count": digest.check_in_count, **lists}


def _listed(nodes: list[dict[str, Any]], total: int) -> dict[str, Any]:
    return {"nodes": nodes, "total_count": total}
