"""Visibility changes of the feed: the nodes that changes showed to an actor, or hid from them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from okr_api.okr.policy import Role

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
    for row in rows:
        found.setdefault(row["seq"], []).append(MovedNode(row["node_type"], row["node_id"], row["saw"]))
    return found


async def changes_that_hid(snapshot: Snapshot, node_id: str, after: int, limit: int) -> list[int]:
    """Return the positions of the changes after one that hid a node from the actor, in order."""
    visibility = snapshot.visibility
    if visibility.restricted:
        return []
    rows = await snapshot.fetch(HIDDEN_BY, after, node_id, visibility.person_id, visibility.drafts, limit)
    return [row["seq"] for row in rows]
