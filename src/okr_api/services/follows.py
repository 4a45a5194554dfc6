"""Mutations of follows: a person follows an objective, a key result or a team that they see, or does not."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.follow import FOLLOWED, Follow
from okr_api.okr.people import Team
from okr_api.okr.policy import Action
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import id_with_values
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change, unchanged
from .discussed_references import Ids
from .edits import new_values
from .measured_references import measured_at
from .mutation_runner import MutationResult
from .permissions import authorize
from .plain_entities import create
from .reactions import person_of
from .references import Ref, entity_at

KINDS = {True: ChangeKind.FOLLOW_BEGUN, False: ChangeKind.FOLLOW_ENDED}


async def choose_to_follow(
    work: Work, actor: Actor, *, on: Ref, is_following: bool, **values: Any
) -> MutationResult:
    """Record the actor's choice to follow a node or not; the same choice again is no change.

    Raises:
        PeopleOnly: the actor is a service.
    """
    ids = await _followed(work, actor, on)
    choice: dict[str, UUID | None] = {"person_id": person_of(actor)}
    choice |= {name: ids.get(name) for name in FOLLOWED.values()}
    id = await id_with_values(work.connection, work.organization.id, Follow, choice)
    if id is None:
        values = await new_values(work, Follow, new_id(), values)
        made = Follow(**values, person_id=person_of(actor), **ids, is_following=is_following)
        return await create(work, actor, KINDS[is_following], made)
    known = await entity_at(work, Follow, Ref(id))
    if known.is_following is is_following:
        return unchanged(work, known.id)
    work.plain.put(replace(known, is_following=is_following, version=known.version + 1))
    return await record_change(work, actor, KINDS[is_following], NodeType.FOLLOW, known.id)


async def _followed(work: Work, actor: Actor, on: Ref) -> Ids:
    """Return the id of the node to follow."""
    if on.node_type is NodeType.TEAM:
        return {FOLLOWED[NodeType.TEAM]: (await entity_at(work, Team, on)).id}
    objective, ids = await measured_at(work, on)
    await authorize(work, actor, Action.COMMENT, objective, on.path)
    return ids
