"""Mutations of comments: by everybody who sees the node, later by the author; admins may delete."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.belonging import node_discussed_by
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.comment import MAX_MENTIONS, Comment, check_answered
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import Forbidden, InvalidInput, UnknownMention
from okr_api.okr.mentions import mentions_in
from okr_api.okr.people import Person
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .change_recorder import is_unchanged, record_change, unchanged
from .discussed_references import Ids, comment_at, discussed_at
from .edits import new_values, resolve_values
from .mutation_runner import MutationResult
from .permissions import authorize_comment
from .plain_entities import create, remove
from .references import Ref, check_version, load_entities


async def add_comment(
    work: Work, actor: Actor, *, on: Ref, reply_to: Ref | None = None, **values: Any
) -> MutationResult:
    """Add a comment, or a reply to one; `values` are by the field's name in inputs.

    Raises:
        NotFound: there is no comment to reply to.
        ReplyToReply: it is a reply itself.
        UnknownMention: the text mentions nobody by an id.
        InvalidInput: the text is empty or too long, mentions too many people, or the comment to reply to is
            on something else.
    """
    objective, ids = await discussed_at(work, on)
    await authorize_comment(work, actor, objective, on.path)
    parent = await _parent(work, reply_to, ids)
    values = await new_values(work, Comment, new_id(), values)
    comment = Comment(
        **values,
        **ids,
        author_name=actor.author.name,
        author_person_id=actor.author.person_id,
        parent_id=parent.id if parent else None,
        mention_ids=await _mentioned(work, values["text"]),
    )
    comment = replace(comment, about_id=node_discussed_by(comment, work.tree, work.parts))
    return await create(work, actor, ChangeKind.COMMENT_CREATED, comment)


async def edit_comment(
    work: Work, actor: Actor, *, comment: Ref, edits: dict[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit the text of a comment, by its author.

    Raises:
        UnknownMention: the text mentions nobody by an id.
        InvalidInput: the text is empty or too long, or mentions too many people.
    """
    known, objective = await comment_at(work, comment)
    await authorize_comment(work, actor, objective, comment.path)
    if not _is_author(actor, known):
        raise Forbidden("Only its author edits a comment", path=comment.path)
    check_version(known.version, expected_version)
    edits = await resolve_values(work, Comment, known.id, edits, known)
    edited = replace(known, **edits, version=known.version + 1)
    if is_unchanged(known, edited):
        return unchanged(work, known.id)
    if edited.text != known.text:
        edited = replace(edited, mention_ids=await _mentioned(work, edited.text))
    work.plain.put(edited)
    return await record_change(
        work, actor, ChangeKind.COMMENT_UPDATED, NodeType.COMMENT, known.id, fields=tuple(sorted(edits))
    )


async def delete_comment(
    work: Work, actor: Actor, *, comment: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a comment softly, by its author or an admin; its replies and reactions are hidden with it."""
    known, objective = await comment_at(work, comment)
    await authorize_comment(work, actor, objective, comment.path)
    if not _is_author(actor, known) and not actor.principal.is_admin:
        raise Forbidden("Only its author or an admin deletes a comment", path=comment.path)
    return await remove(work, actor, ChangeKind.COMMENT_DELETED, known, expected_version)


def _is_author(actor: Actor, comment: Comment) -> bool:
    """Return whether the actor wrote a comment; services are told apart by their names."""
    if actor.is_service:
        return comment.author_person_id is None and comment.author_name == actor.author.name
    return comment.author_person_id == actor.author.person_id


async def _parent(work: Work, ref: Ref | None, ids: Ids) -> Comment | None:
    """Return the comment to reply to, which is on the node with these ids."""
    if ref is None:
        return None
    parent, _ = await comment_at(work, ref)
    is_here = all(getattr(parent, name) == id for name, id in ids.items())
    check_answered(is_here=is_here, is_reply=parent.parent_id is not None, path=ref.path)
    return parent


async def _mentioned(work: Work, text: str) -> tuple[UUID, ...]:
    """Return the ids of the people whom a text mentions, each once."""
    mentions = list(mentions_in(text))
    ids = dict.fromkeys(id for _, id in mentions if id is not None)
    if len(ids) > MAX_MENTIONS:
        raise InvalidInput(f"A text mentions at most {MAX_MENTIONS} people", path=["text"])
    await load_entities(work, Person, [Ref(id) for id in ids])
    people = work.plain.of(Person)
    for written, id in mentions:
        if id not in people:
            raise UnknownMention(f"{written} is nobody here: no person has this id", path=["text"])
    return tuple(ids)
