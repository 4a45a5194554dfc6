"""Record notifications: whom changes tell, found and saved in their transaction, for all of them at once."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import orjson

from okr_api.okr.change import Change
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.change_tracking import PlainEntities, TrackedDict
from okr_api.okr.entity import NodeType
from okr_api.okr.notification import (
    Candidate,
    NamedPerson,
    Notification,
    notifications_of,
    people_named,
)
from okr_api.okr.notification_settings import NotificationReason
from okr_api.okr.told_entities import FOLLOWED_KINDS
from okr_api.okr.tree import Tree

from . import tables
from .bulk_write import Batch, Postgres, Row
from .notification_statements import NOTIFY_FOLLOWERS, TOLD
from .tables import table_of
from .time_slicing import TimeSlice, collect, mapped


async def notify_followers(batch: Batch, tree: Tree, plain: PlainEntities, changes: Sequence[Change]) -> bool:
    """Add the notifications of changes that move nothing but numbers, such as check-ins, to a batch.

    Return whether the changes are such, so that nobody else is to be told: they name nobody, and what says
    who follows is as it was before the batch.
    """
    edited: Sequence[TrackedDict[Any, Any]] = (
        *(tree.cycles, tree.objectives, tree.key_results, tree.alignments),
        *plain.values(),
    )
    if any(some.changed_keys() for some in edited) or await collect(people_named(changes, tree, plain)):
        return False
    asked = [_asked(change) for change in changes if change.kind in FOLLOWED_KINDS]
    if asked:
        batch.add(NOTIFY_FOLLOWERS, tree.organization.id, orjson.dumps(asked, default=str).decode())
    return True


async def record_notifications(
    connection: Postgres, tree: Tree, plain: PlainEntities, changes: Sequence[Change]
) -> None:
    """Record whom saved changes tell; `tree` and `plain` still know what they were before."""
    named = await collect(people_named(changes, tree, plain))
    mentioning = {one.seq for one in named if one.reason is NotificationReason.MENTION}
    asked = [
        _asked(change) for change in changes if change.kind in FOLLOWED_KINDS or change.seq in mentioning
    ]
    if not asked and not named:
        return
    organization_id = tree.organization.id
    people = await mapped(NamedPerson._asdict, named)
    documents = (orjson.dumps(one, default=str).decode() for one in (asked, people))
    rows = await connection.fetch(TOLD, organization_id, *documents)
    told = await _told(changes, rows)
    if told:
        batch = Batch(connection)
        await batch.append(table_of(tables.NotificationRow), told, {"organization_id": organization_id})
        await batch.write()


def _asked(change: Change) -> dict[str, Any]:
    """Return the document of a change that says what it is of."""
    return {
        "seq": change.seq,
        "own": change.node_id,
        "nodes": [change.node_id, *change.related_ids],
        "is_comment": change.node_type is NodeType.COMMENT,
        "author": change.author.person_id,
    }


async def _told(changes: Sequence[Change], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows of notifications, from the candidates of each change in order."""
    by_seq = {change.seq: change for change in changes}
    told: list[dict[str, Any]] = []
    time_slice = TimeSlice()
    for seq, some in groupby(rows, key=lambda row: row["seq"]):
        change = by_seq[seq]
        candidates = await mapped(_candidate, list(some))
        if change.kind is ChangeKind.COMMENT_UPDATED:
            candidates = [one for one in candidates if one.reason is NotificationReason.MENTION]
        told += await mapped(Notification._asdict, await collect(notifications_of(change, candidates)))
        await time_slice.pause()
    return told


def _candidate(row: Row) -> Candidate:
    return Candidate(
        row["person_id"],
        NotificationReason(row["reason"]),
        row["about_id"],
        row["has_unfollowed"],
        row["is_immediate"],
    )
