"""Visibility changes: nodes that a change of the feed made visible to an actor, or hid from them."""

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from okr_api.okr.entity import NodeType
from okr_api.okr.policy import Role
from okr_api.store.time_slicing import Batches, TimeSlice

from .snapshot import Snapshot

Change = Mapping[str, Any]


class MovedNode(NamedTuple):
    """Objective or key result, by its id as hex digits; `saw`: the actor saw it before the change."""

    node_type: str
    node_id: str
    saw: bool

    def document(self, *, is_visible: bool) -> dict[str, Any]:
        """Return the columns of the object for clients, and whether the actor sees the node now."""
        return {"node_type": self.node_type, "node_id": self.node_id, "is_visible": is_visible}


# Of what the person `{viewer}` saw before and after a change; with `{drafts}` also what is unpublished. What
# roles show is recorded with regard to that.
_FACTS = """
    select moved.seq, moved.node_type, moved.node_id,
        bool_or((moved.viewers_before is null or {viewer} = any(moved.viewers_before))
            and ({drafts} or not moved.was_unpublished or moved.new_role <> '')) is true as saw,
        bool_or((moved.viewers_after is null or {viewer} = any(moved.viewers_after))
            and ({drafts} or not moved.is_unpublished or moved.new_role <> '')) is true as sees
    from visibility_change moved
    where moved.organization_id = $1 and {which}
    group by moved.seq, moved.node_type, moved.node_id
"""
# Those who see all that is restricted have one view of it, which cannot tell who among them has become one.
_NEW_ADMINS = f"""
    select moved.seq, moved.node_type, moved.node_id, false as saw, true as sees
    from visibility_change moved
    where moved.organization_id = $1 and {{which}} and moved.new_role = '{Role.ADMIN}'
        and cardinality(moved.viewers_after) > 0
"""
_MOVED = """
    select seq, node_type, node_id, saw from ({facts}) facts where saw <> sees order by seq, node_id
"""
_AT = "moved.seq = any($2::bigint[])"
MOVED_FOR_PERSON = _MOVED.format(facts=_FACTS.format(which=_AT, viewer="$3::uuid", drafts="$4"))
MOVED_FOR_ADMINS = _MOVED.format(facts=_NEW_ADMINS.format(which=_AT))
# The changes after $2 that hid the node $3 from the person $4, who sees drafts or not ($5), at most $6.
_OF_NODE = "moved.node_id = $3::uuid and moved.seq > $2"
HIDDEN_BY = f"""
    select seq from ({_FACTS.format(which=_OF_NODE, viewer="$4::uuid", drafts="$5")}) facts
    where saw and not sees
    order by seq limit $6
"""
# The key results that the objectives $3 have now, and whether they had them at the changes $2.
KEY_RESULTS_OF = """
    select moved.seq, held.objective_id, held.id, (
        select version.objective_id from key_result_version version
        where version.organization_id = $1 and version.id = held.id and version.seq <= moved.seq
        order by version.seq desc limit 1
    ) is not distinct from held.objective_id as was_there
    from unnest($2::bigint[], $3::uuid[]) moved(seq, objective_id)
    join key_result held on held.organization_id = $1 and held.objective_id = moved.objective_id
    order by held.id
"""


async def moved_nodes(snapshot: Snapshot, changes: Sequence[Change]) -> dict[int, list[MovedNode]]:
    """Return what each change showed to the actor or hid from them, by `seq`; mostly without a statement."""
    seqs = [change["seq"] for change in changes if change["has_visibility_changes"]]
    if not seqs:
        return {}
    visibility = snapshot.visibility
    if visibility.restricted:
        rows = await snapshot.fetch(MOVED_FOR_ADMINS, seqs)
    else:
        rows = await snapshot.fetch(MOVED_FOR_PERSON, seqs, visibility.person_id, visibility.drafts)
    found: dict[int, list[MovedNode]] = {}
    time_slice = TimeSlice()
    for row in rows:
        await time_slice.pause()
        found.setdefault(row["seq"], []).append(MovedNode(row["node_type"], row["node_id"], row["saw"]))
    return found


async def changes_that_hid(snapshot: Snapshot, node_id: str, after: int, limit: int) -> list[int]:
    """Return the positions of the changes after one that hid a node from the actor, in order."""
    visibility = snapshot.visibility
    if visibility.restricted:
        return []
    rows = await snapshot.fetch(HIDDEN_BY, after, node_id, visibility.person_id, visibility.drafts, limit)
    return [row["seq"] for row in rows]


async def shown_or_hidden(
    snapshot: Snapshot, moved: Mapping[int, Sequence[MovedNode]], hidden: Set[str]
) -> dict[int, list[dict[str, Any]]]:
    """Return the documents of what changes showed or hid, by `seq`: each objective with its key results.

    What the actor neither saw nor sees is left out. Of what is hidden now only those key results are named
    that it had then.
    """
    told: dict[int, list[dict[str, Any]]] = {}
    known = [
        (seq, one) for seq, many in moved.items() for one in many if one.saw or one.node_id not in hidden
    ]
    objectives = [(seq, one.node_id) for seq, one in known if one.node_type == NodeType.OBJECTIVE]
    parts: dict[tuple[int, str], list[tuple[str, bool]]] = {}
    async for batch in Batches(objectives):
        for row in await snapshot.fetch(KEY_RESULTS_OF, *map(list, zip(*batch, strict=True))):
            key = (row["seq"], row["objective_id"])
            parts.setdefault(key, []).append((row["id"], row["was_there"]))
    time_slice = TimeSlice()
    for seq, one in known:
        await time_slice.pause()
        is_visible = one.node_id not in hidden
        documents = told.setdefault(seq, [])
        documents.append(one.document(is_visible=is_visible))
        for id, was_there in parts.get((seq, one.node_id), ()):
            if is_visible or was_there:
                part = MovedNode(NodeType.KEY_RESULT, id, one.saw)
                documents.append(part.document(is_visible=is_visible))
    return told
