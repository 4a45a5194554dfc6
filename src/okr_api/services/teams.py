"""Mutations of teams."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change import ChangeKind
from okr_api.okr.errors import TeamLoops
from okr_api.okr.people import Team
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import all_entities
from okr_api.store.unit_of_work import Work

from .mutation_runner import MutationResult
from .plain_entities import checked, create, edit
from .references import Ref, check_version, entity_at


async def add_team(
    work: Work, actor: Actor, *, name: str, parent: Ref | None = None, external_id: str | None = None
) -> MutationResult:
    """Add a team."""
    id = new_id()
    values = await checked(work, Team, id, {"name": name, "external_id": external_id})
    parent_id = (await entity_at(work, Team, parent)).id if parent else None
    return await create(work, actor, ChangeKind.TEAM_CREATED, Team(id, **values, parent_id=parent_id))


async def edit_team(
    work: Work, actor: Actor, *, team: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a team's name, external id or parent (`parent`, a reference or None).

    Raises:
        TeamLoops: the new parent is the team itself or a team under it.
    """
    known = await entity_at(work, Team, team)
    check_version(known.version, expected_version)
    edits = await checked(work, Team, known.id, edits)
    if "parent" in edits:
        parent = edits.pop("parent")
        edits["parent_id"] = await _parent_above(work, known, parent) if parent else None
    return await edit(work, actor, ChangeKind.TEAM_UPDATED, known, edits)


async def _parent_above(work: Work, team: Team, ref: Ref) -> UUID:
    parent = await entity_at(work, Team, ref)
    teams = await all_entities(work.connection, work.organization.id, Team)
    parents = {other.id: other.parent_id for other in teams}
    here: UUID | None = parent.id
    while here is not None:
        if here == team.id:
            raise TeamLoops(f"{parent.name} already lies under {team.name}", path=ref.path)
        here = parents[here]
    return parent.id
