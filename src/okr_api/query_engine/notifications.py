"""Notifications of a person: pages, latest first, and the number of unread ones.

Whom a change told is stored with the feed (`store/notification_writer.py`). What is hidden from the person
now is left out of both by the same condition, as it is of events (`sent_notifications.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from okr_api.okr.errors import InvalidInput
from okr_api.okr.notification_settings import NotificationReason, delivery_in
from okr_api.store.notification_statements import ABOUT, SEEN
from okr_api.store.saved_rows import as_read

from .change_queries import HIDDEN_NODE, Change, as_change_of, seen
from .cursors import PageRequest, encode_cursor, list_id, read_cursors
from .field_sources import Ordering
from .snapshot import Snapshot
from .stored_changes import read_changes
from .visible_statements import fetch_visible

MAX_NOTIFICATIONS_SCANNED = 2_000  # of a person for one page, however few of them match or are visible
MAX_NOTIFICATION_DELTA_CHARACTERS = 8_000_000  # of one page
MAX_UNREAD_COUNTED = 100
CONNECTION = "NotificationConnection"
BY_POSITION = Ordering(descending=True, name="SEQ")
_END = 2**62  # beyond every position

# The next notifications of the person $2 between the positions $3 and $4 for one of the reasons $5; only
# unread ones if $6 is true. The person is a range, so that the order is that of one index only.
LISTED = f"""
    select person_id, seq, reason, about_id from notification
    where organization_id = $1 and person_id >= $2 and person_id <= $2 and seq > $3 and seq < $4
        and ($5::text[] is null or reason = any($5))
        and ($6::boolean is distinct from true or seq > coalesce((
            select read_until from notification_read where organization_id = $1 and person_id = $2), 0))
    order by person_id {{direction}}, seq {{direction}} limit {MAX_NOTIFICATIONS_SCANNED}
"""
READ = "(listed.seq <= kept.read_until or listed.seq = any(kept.read_apart)) is true"
# The visible ones of these, as far as they are read or unread as $6 says: the next $7.
MATCHING = f"""
    select listed.seq, listed.reason, listed.about_id, {READ} as is_read
    from ({LISTED}) listed
    left join notification_read kept on kept.organization_id = $1 and kept.person_id = $2
    {ABOUT.format(row="listed")}
    where {SEEN} and ($6::boolean is null or $6 is distinct from ({READ}))
    order by listed.person_id {{direction}}, listed.seq {{direction}} limit $7
"""
# With each of them, or once alone, how many were listed, and the last one.
PAGE = f"""
    with bound as materialized (
        select count(*) as count, {{last}}(seq) as last from ({LISTED}) listed
    )
    select bound.*, found.* from bound left join lateral ({MATCHING}) found on true
    order by found.seq {{direction}}
"""
UNREAD = f"select count(*) as counted from ({MATCHING.replace('{direction}', 'desc')}) found"
DIRECTIONS = {True: {"{direction}": "desc", "{last}": "min"}, False: {"{direction}": "asc", "{last}": "max"}}

SETTINGS = """
    select notifications_daily, notifications_off from person where organization_id = $1 and id = $2
"""


@dataclass(frozen=True, slots=True)
class NotificationConditions:
    """Conditions that notifications on a page must meet; None where there is no such condition."""

    is_unread: bool | None = None
    reasons: Sequence[str] | None = None


def _directed(statement: str, *, down: bool) -> str:
    for name, word in DIRECTIONS[down].items():
        statement = statement.replace(name, word)
    return statement


async def load_notifications(
    snapshot: Snapshot, person: str | None, wanted: PageRequest, conditions: NotificationConditions
) -> dict[str, Any]:
    """Return a page of the notifications of the person who reads, as `NotificationConnection` reads it.

    A service has none. Who reads sees only their own.

    Raises:
        InvalidInput: a cursor is malformed, or belongs to the list of somebody else.
    """
    low, high = 0, _END
    for bound in read_cursors(wanted, CONNECTION, BY_POSITION, [person]):
        if type(bound.position) is not int or not 0 <= bound.position < _END:
            raise InvalidInput(f"{bound.field} is not a cursor of this list", path=[bound.field])
        low, high = (bound.position, high) if bound.field == "before" else (low, bound.position)
    if person is None:
        return _page([], None, wanted, None)
    down = not wanted.backwards
    await snapshot.begin()
    rows = await fetch_visible(
        snapshot,
        _directed(PAGE, down=down),
        person,
        low,
        high,
        conditions.reasons,
        conditions.is_unread,
        wanted.size + 1,
    )
    listed, last = rows[0]["count"], rows[0]["last"]
    found = [row for row in rows if row["seq"] is not None]
    cut = last if len(found) <= wanted.size and listed == MAX_NOTIFICATIONS_SCANNED else None
    shown, reached = await _with_changes(snapshot, found[: wanted.size])
    if reached is not None:
        cut = reached
    elif len(found) > wanted.size:
        cut = found[wanted.size - 1]["seq"]
    return _page(shown, cut, wanted, person)


async def _with_changes(
    snapshot: Snapshot, found: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], int | None]:
    """Return notifications with their changes; where these have very many deltas, the first of them.

    The second is the position of the last one, if others follow.
    """
    shown: list[dict[str, Any]] = []
    pending, characters = list(found), 0
    while pending:
        rows, size = await read_changes(snapshot, [one["seq"] for one in pending])
        characters += size
        if not rows:
            break
        visible = {change["seq"]: change for change in await seen(snapshot, rows)}
        read = {change["seq"]: change for change in rows}
        place = next(n for n, one in enumerate(pending) if one["seq"] == rows[-1]["seq"]) + 1
        shown += [
            await notification_of(one, visible.get(one["seq"]), read[one["seq"]])
            for one in pending[:place]
            if one["seq"] in read
        ]
        pending = pending[place:]
        if pending and characters >= MAX_NOTIFICATION_DELTA_CHARACTERS:
            return shown, rows[-1]["seq"]
    return shown, None


async def notification_of(row: Mapping[str, Any], visible: Change | None, change: Change) -> dict[str, Any]:
    """Return a notification; of a change of which nothing else is visible, the node is not named.

    Of statuses that turned together the node is the one for which the person is notified.
    """
    if visible is None:
        unnamed: Change = {"deltas": [], "related_ids": [], "check_in_ids": [], "visibility_changes": ()}
        visible = {**change, **HIDDEN_NODE, **unnamed}
    return {
        "seq": row["seq"],
        "reason": row["reason"],
        "is_read": row.get("is_read", False),
        "recorded_at": change["recorded_at"],
        "change": as_read(await as_change_of(visible, row["about_id"])),
    }


def _page(
    shown: Sequence[dict[str, Any]], cut: int | None, wanted: PageRequest, person: str | None
) -> dict[str, Any]:
    """Return the columns of the connection; `cut` is the position after which others follow, if any do."""
    nodes = list(reversed(shown)) if wanted.backwards else list(shown)
    of = list_id(CONNECTION, BY_POSITION, person)

    def cursor(seq: int) -> str:
        assert person is not None
        return encode_cursor(of, seq, person)

    cursors = [cursor(node["seq"]) for node in nodes]
    start, end = (cursors[0], cursors[-1]) if cursors else (None, None)
    if cut is not None:
        start, end = (
            (cursor(cut), end or cursor(cut)) if wanted.backwards else (start or cursor(cut), cursor(cut))
        )
    more = cut is not None
    return {
        "person_id": person,
        "edges": [{"cursor": at, "node": node} for at, node in zip(cursors, nodes, strict=True)],
        "nodes": nodes,
        "page_info": {
            "start_cursor": start,
            "end_cursor": end,
            "has_next_page": wanted.before is not None if wanted.backwards else more,
            "has_previous_page": more if wanted.backwards else wanted.after is not None,
        },
    }


async def count_unread(snapshot: Snapshot, keys: Sequence[str | None]) -> Mapping[str | None, int]:
    """Return the number of unread notifications of the person who reads, at most `MAX_UNREAD_COUNTED`."""
    counts: dict[str | None, int] = {}
    for person in dict.fromkeys(key for key in keys if key is not None):
        await snapshot.begin()
        [row] = await fetch_visible(snapshot, UNREAD, person, 0, _END, None, True, MAX_UNREAD_COUNTED)
        counts[person] = row["counted"]
    return counts


async def load_settings(snapshot: Snapshot, person: str | None) -> list[dict[str, Any]]:
    """Return how the person who reads is notified of each reason; a service of none."""
    if person is None:
        return []
    await snapshot.begin()
    [row] = await snapshot.fetch(SETTINGS, person)
    daily, off = row["notifications_daily"], row["notifications_off"]
    return [{"reason": reason, "delivery": delivery_in(daily, off, reason)} for reason in NotificationReason]
