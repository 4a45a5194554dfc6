"""Import comments, reactions and follows: check their rows, and look up the check-ins that they are on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from okr_api.okr.belonging import Parts, parts_of
from okr_api.okr.comment import DISCUSSED, Comment
from okr_api.okr.emoji import emoji_of
from okr_api.okr.entities import ON_CHECK_INS
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import ReplyToReply
from okr_api.okr.follow import FOLLOWED, Follow
from okr_api.okr.reaction import REACTED, Reaction
from okr_api.store.bulk_insert import batches_of
from okr_api.store.entity_lookup import ids_by_external_id, rows_by_id

from .check_in_index import CheckInIndex
from .errors import RowIsUnclear
from .import_row import ImportRow, own_id
from .import_session import ImportSession

FIELD = DISCUSSED[NodeType.CHECK_IN]


async def name_check_ins(session: ImportSession, check_in_index: CheckInIndex) -> None:
    """Put the ids of the check-ins that comments and reactions name into the session.

    They are among those of this import, or in the organisation already.
    """
    named = session.known["check_ins"] = {}
    external: dict[str, str] = {}
    own: dict[Any, str] = {}
    for name in _names(session):
        external_id = session.file.external_id(name)
        id = own_id(name) if session.file.full else None
        found = check_in_index.by_external_id.get(external_id) or (
            check_in_index.by_id.get(id) if id else None
        )
        if found is not None:
            named[name] = found.id
        elif id is not None:
            own[id] = name
        else:
            external[external_id] = name
    if session.restoring:
        return  # the organisation has no other check-ins
    connection, organization = session.work.connection, session.work.organization.id
    for some in batches_of(sorted(external)):
        ids = await ids_by_external_id(connection, organization, "check_in", some)
        named |= {external[external_id]: id for external_id, id in ids.items()}
    for some_ids in batches_of(sorted(own)):
        rows = await rows_by_id(connection, organization, "check_in", some_ids)
        named |= {own[row["id"]]: row["id"] for row in rows}


def _names(session: ImportSession) -> set[str]:
    """Return the names of check-ins in the rows of comments and reactions."""
    found: set[str] = set()
    for entity in ON_CHECK_INS:
        for _, fields in session.file.rows(entity.section):
            name = fields.get(FIELD) if isinstance(fields, dict) else None
            if isinstance(name, str | int):
                found.add(str(name))
    return found


async def load_parts(session: ImportSession) -> Parts:
    """Return what everything that is discussed belongs to; of check-ins those that the file names."""
    work = session.work
    known = {check_in.id: check_in.about_id for check_in in work.check_ins}
    named = [id for id in session.known.get("check_ins", {}).values() if id not in known]
    for some in batches_of(named):
        rows = await rows_by_id(work.connection, work.organization.id, "check_in", some)
        known |= {row["id"]: row["key_result_id"] or row["objective_id"] for row in rows}
    return parts_of(known, lambda model: work.plain.of(model).values(), work.tree.owner_of)


def comment_check(
    session: ImportSession, entries: Sequence[ImportRow[Comment]]
) -> Callable[[ImportRow[Comment], Comment], Comment]:
    """Return a function that rejects what mutations reject."""
    del entries
    kept = session.kept("comments")

    def check(entry: ImportRow[Comment], comment: Comment) -> Comment:
        del entry
        _require_one(comment, DISCUSSED)
        parent = kept.get(comment.parent_id) if comment.parent_id else None
        if parent is not None and parent.parent_id is not None:
            raise ReplyToReply("The row replies to a reply", path=["parent_id"])
        if parent is not None and parent.on != comment.on:
            raise RowIsUnclear("The row replies to a comment on something else", path=["parent_id"])
        return comment

    return check


def reaction_check(
    session: ImportSession, entries: Sequence[ImportRow[Reaction]]
) -> Callable[[ImportRow[Reaction], Reaction], Reaction]:
    """Return a function that rejects what is no emoji, and what is not to one node."""
    del session, entries

    def check(entry: ImportRow[Reaction], reaction: Reaction) -> Reaction:
        del entry
        _require_one(reaction, REACTED)
        return replace(reaction, emoji=emoji_of(reaction.emoji))

    return check


def follow_check(
    session: ImportSession, entries: Sequence[ImportRow[Follow]]
) -> Callable[[ImportRow[Follow], Follow], Follow]:
    """Return a function that rejects what is not of one node."""
    del session, entries

    def check(entry: ImportRow[Follow], follow: Follow) -> Follow:
        del entry
        _require_one(follow, FOLLOWED)
        return follow

    return check


def _require_one(row: Any, columns: Mapping[NodeType, str]) -> None:
    """Raise `RowIsUnclear` unless a row is on one node."""
    names = [*columns.values()]
    if sum(getattr(row, name) is not None for name in names) != 1:
        raise RowIsUnclear(f"The row has not one of {', '.join(names)}", path=names[:1])
