"""Events of notifications: whom changes told, and what each of these people is sent, read for many at once.

What is hidden from a person now is left out, as in their list (`notifications.py`).
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from okr_api.store.hidden_rows import HIDDEN_FROM_EACH, filled_for_each
from okr_api.store.notification_statements import ABOUT, SEEN
from okr_api.store.time_slicing import Batches, TimeSlice

from .change_queries import Change, nodes_named_by, seen, without_hidden
from .notifications import notification_of
from .snapshot import Snapshot
from .visible_statements import fetch_visible

MAX_PEOPLE_READ_AT_ONCE = 100
MAX_NODES_READ_AT_ONCE = 2_000  # nodes and changes, once for each person: what is read is kept for a moment

# Of the notifications about the changes $3 those that are sent to the people $2, and seen by them.
SENT = f"""
    select told.person_id, told.seq, told.reason, told.about_id
    from unnest($2::uuid[]) asked(id) cross join lateral (
        select * from notification
        where organization_id = $1 and person_id = asked.id and seq = any($3::bigint[]) and is_immediate
        offset 0
    ) told
    {ABOUT.format(row="told")}
    where {SEEN}
"""
TOLD = """
    select person_id, array_agg(seq) as seqs from notification
    where organization_id = $1 and seq >= $2 and seq <= $3 and is_immediate
    group by person_id
"""


async def people_told(snapshot: Snapshot, first: int, last: int) -> Mapping[str, Sequence[int]]:
    """Return who is sent notifications of the changes between two positions, with their positions."""
    rows = await snapshot.fetch(TOLD, first, last)
    return {row["person_id"]: row["seqs"] for row in rows}


async def people_at_once(changes: Sequence[Change]) -> int:
    """Return of how many people at a time it is read what they are sent of changes."""
    size = len(changes) + len(await nodes_named_by(changes))
    return max(1, min(MAX_PEOPLE_READ_AT_ONCE, MAX_NODES_READ_AT_ONCE // size))


async def notifications_sent(
    snapshot: Snapshot, person: str, changes: Sequence[Change]
) -> list[dict[str, Any]]:
    """Return what of consecutive changes is sent to the person who reads, as `Notification` reads it."""
    await snapshot.begin()
    rows = await fetch_visible(snapshot, SENT, [person], [change["seq"] for change in changes])
    reasons = {row["seq"]: row for row in rows}
    told = [change for change in changes if change["seq"] in reasons]
    visible = {change["seq"]: change for change in await seen(snapshot, told)}
    return [
        await notification_of(reasons[change["seq"]], visible.get(change["seq"]), change) for change in told
    ]


async def notifications_sent_to_each(
    snapshot: Snapshot, people: Sequence[str], changes: Sequence[Change]
) -> Mapping[str, list[dict[str, Any]]]:
    """Return what is sent to each of several people with the snapshot's rights; empty lists are omitted.

    None of the changes showed or hid anything. Those who are sent the same share one row, which has in
    `shared_by` what they have in common. The number of statements does not depend on the number of people.
    """
    await snapshot.begin()
    sees, seqs = snapshot.visibility.sees, [change["seq"] for change in changes]
    statement = filled_for_each(SENT, sees, "told.person_id")
    rows = await snapshot.fetch(statement, people, seqs)
    hidden = await _hidden_from_each(snapshot, people, changes) if rows else {}
    by_seq, time_slice = {change["seq"]: change for change in changes}, TimeSlice()
    made: dict[Hashable, dict[str, Any]] = {}
    sent: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: int(row["seq"])):
        await time_slice.pause()
        unseen = hidden.get(row["person_id"], frozenset())
        key = (row["seq"], row["reason"], row["about_id"], unseen)
        if key not in made:
            change = by_seq[row["seq"]]
            visible = await without_hidden([change], unseen, {})
            event = await notification_of(row, visible[0] if visible else None, change)
            made[key] = {**event, "shared_by": key}
        sent.setdefault(row["person_id"], []).append(made[key])
    return sent


async def _hidden_from_each(
    snapshot: Snapshot, people: Sequence[str], changes: Sequence[Change]
) -> Mapping[str, frozenset[str]]:
    """Return what is hidden of the nodes that changes name, by person; who sees all of them is omitted."""
    if snapshot.visibility.is_everything:
        return {}
    statement = filled_for_each(HIDDEN_FROM_EACH, snapshot.visibility.sees, "viewer.id")
    found: dict[str, set[str]] = {}
    async for batch in Batches(await nodes_named_by(changes)):
        for row in await snapshot.fetch(statement, batch, people):
            found.setdefault(row["viewer"], set()).add(row["node"])
    return {person: frozenset(nodes) for person, nodes in found.items()}
