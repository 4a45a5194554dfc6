"""Reading the feed: stretches of it, and what of a change lies in a scope."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.store.feed import in_cycle, under_objective

from .snapshot import Snapshot

CHANGES = """
    select * from change
    where organization_id = $1 and seq > $2 and seq <= $3 and {visible} order by seq limit $4
"""
DRAFT = """
    exists (select from objective draft
            where draft.organization_id = $1 and draft.state = 'DRAFT'
                and draft.id in (change.node_id, (
                    select asked.objective_id from key_result asked
                    where asked.organization_id = $1 and asked.id = change.node_id)))
"""
HIDDEN = f"select seq from change where organization_id = $1 and seq = any($2::bigint[]) and {DRAFT}"
THERE = """
    select from objective where organization_id = $1 and id = $2 and (state <> 'DRAFT' or $4)
    union all select from cycle where organization_id = $1 and id = $3
"""
READ_AT_ONCE = 500


async def page_of_changes(
    snapshot: Snapshot, after: int, first: int, matches: Callable[[Any], bool]
) -> dict[str, Any]:
    """At most `first` matching changes after the position, and where to go on.

    *Shape*: `changes`, `end_seq`, `has_more`; a filter that lets little through still moves `end_seq`.
    """
    visible = "true" if snapshot.sees_drafts else f"not {DRAFT}"
    found: list[Any] = []
    end, more = after, True
    while more and len(found) < first:
        statement = CHANGES.format(visible=visible)
        rows = await snapshot.fetch(statement, end, snapshot.seq, READ_AT_ONCE)
        more = len(rows) == READ_AT_ONCE
        for place, row in enumerate(rows):
            end = row["seq"]
            if matches(row):
                found.append(row)
                if len(found) == first:
                    more = more or place + 1 < len(rows)
                    break
    return {"changes": found, "end_seq": end if more else snapshot.seq, "has_more": more}


async def is_there(snapshot: Snapshot, objective_id: UUID | None, cycle_id: UUID | None) -> bool:
    """Whether the objective, or the cycle, is there and visible."""
    return bool(await snapshot.fetch(THERE, objective_id, cycle_id, snapshot.sees_drafts))


async def hidden_among(snapshot: Snapshot, seqs: Sequence[int]) -> set[int]:
    """Those of the changes whose node is a draft, or belongs to one."""
    return {row["seq"] for row in await snapshot.fetch(HIDDEN, list(seqs))}


async def scoped(
    snapshot: Snapshot,
    deltas: Sequence[Mapping[str, Any]],
    objective_id: UUID | None,
    cycle_id: UUID | None,
) -> list[Mapping[str, Any]]:
    """Those of the deltas that lie in the scope: an objective with all under it, or a cycle."""
    if not deltas:
        return []
    nodes = [UUID(delta["node_id"]) for delta in deltas]
    connection = await snapshot.connection()
    if objective_id:
        inside = await under_objective(connection, snapshot.organization_id, nodes, objective_id)
    else:
        assert cycle_id is not None
        inside = await in_cycle(connection, snapshot.organization_id, nodes, cycle_id)
    return [delta for delta, node in zip(deltas, nodes, strict=True) if node in inside]
