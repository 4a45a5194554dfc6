"""Mutations of reactions, by people who see the node: add one, and remove one's own."""

from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.emoji import emoji_of
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import AlreadyExists, PeopleOnly
from okr_api.okr.reaction import REACTED, Reaction
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import id_with_values
from okr_api.store.unit_of_work import Work

from .discussed_references import Ids, comment_at, discussed_at
from .edits import new_values
from .mutation_runner import MutationResult
from .permissions import authorize_comment
from .plain_entities import create, remove
from .references import Ref, entity_at

EMOJI_PATH = ("emoji",)


async def add_reaction(work: Work, actor: Actor, *, on: Ref, emoji: str, **values: Any) -> MutationResult:
    """Add a reaction of the actor.

    Raises:
        PeopleOnly: the actor is a service.
        NotAnEmoji: the text is not one emoji.
        AlreadyExists: the actor has reacted with it.
    """
    person_id, ids = await _reacting(work, actor, on)
    emoji = emoji_of(emoji)
    if await _known(work, person_id, emoji, ids):
        raise AlreadyExists(f"You have reacted with {emoji} already", path=EMOJI_PATH)
    values = await new_values(work, Reaction, new_id(), values)
    reaction = Reaction(**values, emoji=emoji, person_id=person_id, **ids)
    return await create(work, actor, ChangeKind.REACTION_ADDED, reaction)


async def remove_reaction(work: Work, actor: Actor, *, on: Ref, emoji: str) -> MutationResult:
    """Remove a reaction of the actor.

    Raises:
        PeopleOnly: the actor is a service.
        NotAnEmoji: the text is not one emoji.
        NotFound: the actor has not reacted with it.
    """
    person_id, ids = await _reacting(work, actor, on)
    id = await _known(work, person_id, emoji_of(emoji), ids)
    ref = Ref(id, path=EMOJI_PATH)
    if id is None:
        raise ref.not_found("reaction of yours")
    known = await entity_at(work, Reaction, ref)
    return await remove(work, actor, ChangeKind.REACTION_REMOVED, known, None)


def person_of(actor: Actor, deed: str = "react and follow") -> UUID:
    """Return the id of the actor's person; raise `PeopleOnly` for a service, with what only people do."""
    if actor.author.person_id is None:
        raise PeopleOnly(f"Only people {deed}; this token is of a service")
    return actor.author.person_id


async def _reacting(work: Work, actor: Actor, on: Ref) -> tuple[UUID, Ids]:
    """Return the id of the actor's person, and that of the node, which they see."""
    ids: Ids
    if on.node_type is NodeType.COMMENT:
        comment, objective = await comment_at(work, on)
        ids = {REACTED[NodeType.COMMENT]: comment.id}
    else:
        objective, ids = await discussed_at(work, on)
    await authorize_comment(work, actor, objective, on.path)
    return person_of(actor), ids


async def _known(work: Work, person_id: UUID, emoji: str, ids: Ids) -> UUID | None:
    values = {"person_id": person_id, "emoji": emoji, **{name: ids.get(name) for name in REACTED.values()}}
    return await id_with_values(work.connection, work.organization.id, Reaction, values)
