"""Feed reads that subscriptions and pages share: conditions, hiding of unseen nodes, and nodes by scope."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.okr.change_kind import SHARED_KINDS
from okr_api.okr.entity import NodeType
from okr_api.store.change_rows import scopes_of
from okr_api.store.hidden_rows import HIDDEN_AMONG
from okr_api.store.time_slicing import Batches, collect

from .global_ids import digits_of
from .snapshot import Snapshot
from .visibility_changes import MovedNode, moved_nodes, shown_or_hidden
from .visible_statements import fetch_visible

THERE = """
    select from objective where {visible:objective} and id = $2
    union all select from cycle where organization_id = $1 and id = $3
"""
# That a change may be of one of the types $5 for somebody: one of `SHARED_KINDS` may be of several types.
OF_TYPES = f"""
    ($5::text[] is null or node_type = any($5) or kind in ({", ".join(f"'{kind}'" for kind in SHARED_KINDS)}))
"""
DRAFTS = "select id from check_in_draft where organization_id = $1 and id = any($2::uuid[])"
Change = Mapping[str, Any]
HIDDEN_EDIT: Change = {"fields": [], "reason": None}
HIDDEN_NODE: Change = {"node_id": None, **HIDDEN_EDIT}


class ChangeConditions(NamedTuple):
    """Conditions that a change must meet; None where there is no such condition.

    A change that shows something to the actor, or hides it from them, meets those on kinds and types, and is
    of what it shows or hides. `node_id` is the id, as hex digits, of a node that the change is of or whose
    numbers it moved: with `is_direct` True only the former, with False only the latter.
    """

    kinds: Sequence[str] | None = None
    node_types: Sequence[str] | None = None
    node_id: str | None = None
    is_direct: bool | None = None

    def match(self, change: Change) -> bool:
        """Return whether a change, as an actor sees it, meets the conditions."""
        shown = [one["node_id"] for one in change["visibility_changes"]]
        if shown and self.node_id is None:
            return True
        if self.node_id in shown and self.is_direct is not False:
            return True
        if self.kinds is not None and change["kind"] not in self.kinds:
            return False
        if self.node_types is not None and change["node_type"] not in self.node_types:
            return False
        if self.node_id is None:
            return True
        if self.node_id in map(digits_of, _direct_nodes(change)):
            return self.is_direct is not False
        moved = (delta["node_id"] for delta in change["deltas"])
        return self.is_direct is not True and self.node_id in map(digits_of, moved)


def _direct_nodes(change: Change) -> Iterable[Any]:
    """Return the ids of the nodes that a change is of, without a hidden one."""
    named = () if change["node_id"] is None else (change["node_id"],)
    return (*named, *change["related_ids"])


async def seen(snapshot: Snapshot, changes: Sequence[Change]) -> list[Change]:
    """Return the changes as the actor may see them, without hidden nodes and their numbers.

    A change of a hidden node is still returned for the visible nodes whose numbers it changed, but does not
    name the hidden one: moving a key result into a draft changes the numbers of the objective that it left.
    One of `SHARED_KINDS` is what it would be if there were no others than the visible nodes.
    A change has in `visibility_changes` what it showed to the actor or hid from them, and names what it hid.
    """
    moved = await moved_nodes(snapshot, changes)
    if not changes or (snapshot.visibility.is_everything and not moved):
        return list(changes)
    hidden = await _hidden_among(snapshot, changes, moved)
    return await without_hidden(changes, hidden, await shown_or_hidden(snapshot, moved, hidden))


async def without_hidden(
    changes: Sequence[Change], hidden: Set[str], told: Mapping[int, Sequence[Any]]
) -> list[Change]:
    """Return changes without hidden nodes, as `seen` does; `told` is what each showed or hid, by `seq`."""
    shown: list[Change] = []
    for change in changes:
        deltas = await collect(one for one in change["deltas"] if digits_of(one["node_id"]) not in hidden)
        related = await collect(id for id in change["related_ids"] if digits_of(id) not in hidden)
        own = told.get(change["seq"], ())
        known = {**change, "deltas": deltas, "related_ids": related, "visibility_changes": own}
        node = digits_of(change["node_id"])
        if node not in hidden:
            shown.append(known)
        elif any(one["node_id"] == node for one in own):
            shown.append({**known, **HIDDEN_EDIT})
        elif deltas and change["kind"] in SHARED_KINDS:
            shown.append(await _of_first(known))
        elif deltas or own:
            shown.append({**known, **HIDDEN_NODE})
    return shown


async def _of_first(change: Change) -> Change:
    """Return a change as one of the first node in its deltas, which are those that the actor sees."""
    first = change["deltas"][0]
    node = digits_of(first["node_id"])
    related = await collect(id for id in change["related_ids"] if digits_of(id) != node)
    return {**change, "node_type": first["node_type"], "node_id": node, "related_ids": related}


async def as_change_of(change: Change, about: Any) -> Change:
    """Return one of `SHARED_KINDS`, as the actor sees it, as one of the node that it is about for somebody.

    It is as it was if that is not one of its deltas, as is any other change.
    """
    node = about and digits_of(about)
    if change["kind"] not in SHARED_KINDS or node in (None, digits_of(change["node_id"])):
        return change
    delta = next(
        iter(await collect(one for one in change["deltas"] if digits_of(one["node_id"]) == node)), None
    )
    if delta is None:
        return change
    others = await collect(id for id in change["related_ids"] if digits_of(id) != node)
    related = [change["node_id"], *others]
    return {**change, "node_type": delta["node_type"], "node_id": node, "related_ids": related}


async def _hidden_among(
    snapshot: Snapshot, changes: Sequence[Change], moved: Mapping[int, Sequence[MovedNode]]
) -> set[str]:
    """Return what is hidden of the nodes that changes name, and of those that they showed or hid."""
    if snapshot.visibility.is_everything:
        return set()
    nodes = await nodes_named_by(changes)
    nodes.update(await collect(one.node_id for many in moved.values() for one in many))
    hidden = set[str]()
    async for batch in Batches(nodes):
        hidden.update(row["node"] for row in await fetch_visible(snapshot, HIDDEN_AMONG, batch))
    return hidden | await _drafts_left_out(snapshot, changes)


async def _drafts_left_out(snapshot: Snapshot, changes: Sequence[Change]) -> set[str]:
    """Return the drafts of check-ins that are not there: a past leaves out those of others."""
    drafts = {digits_of(one["node_id"]) for one in changes if one["node_type"] == NodeType.CHECK_IN_DRAFT}
    if not drafts:
        return drafts
    return drafts - {digits_of(row["id"]) for row in await snapshot.fetch(DRAFTS, list(drafts))}


async def nodes_named_by(changes: Sequence[Change]) -> set[str]:
    """Return the ids, as hex digits, of the nodes that changes are of or whose numbers they moved."""
    nodes = await nodes_moved_by(changes)
    nodes.update(await collect(digits_of(id) for change in changes for id in _direct_nodes(change)))
    return nodes


async def nodes_moved_by(changes: Sequence[Change]) -> set[str]:
    """Return the ids, as hex digits, of the nodes whose numbers the changes moved."""
    moved = (digits_of(delta["node_id"]) for change in changes for delta in change["deltas"])
    return set(await collect(moved))


async def is_there(snapshot: Snapshot, objective_id: UUID | None, cycle_id: UUID | None) -> bool:
    """Return whether the objective, or the cycle, exists and is visible."""
    return bool(await fetch_visible(snapshot, THERE, objective_id, cycle_id))


async def scopes_of_nodes(snapshot: Snapshot, nodes: Collection[str]) -> Mapping[str, Set[str]]:
    """Return the nodes in each objective and each cycle, by its id as hex digits; empty scopes are omitted.

    One result serves all subscribers, whichever scope they follow.
    """
    connection = await snapshot.connection()
    found: dict[str, set[str]] = {}
    async for some in Batches(sorted(nodes)):
        for scope, inside in await scopes_of(connection, snapshot.organization_id, some):
            found.setdefault(scope, set()).update(inside)
    return found
