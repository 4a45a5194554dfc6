"""Mutations of teams (add, edit) and of their members (add, edit, remove)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.errors import AlreadyExists, TeamLoops
from okr_api.okr.people import Team, TeamMembership
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import all_entities, id_with_values
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .effective_cadences import check_override
from .mutation_runner import MutationResult
from .permissions import authorize_members, authorize_structure
from .plain_entities import create, edit, remove
from .references import Ref, check_version, entity_at, person_at


async def add_team(work: Work, actor: Actor, **values: Any) -> MutationResult:
    """Add a team; `values` are by the field's name in inputs."""
    authorize_structure(work, actor)
    values = await new_values(work, Team, new_id(), values)
    await check_override(work, values.get("cadence"), values.get("parent_id"))
    return await create(work, actor, ChangeKind.TEAM_CREATED, Team(**values))


async def edit_team(
    work: Work, actor: Actor, *, team: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a team's name, external id, parent (`parent`, a reference or None) or cadence; leads the last.

    Raises:
        CadenceIsLocked: a cadence above is locked.
        TeamLoops: the new parent is the team itself or a team under it.
    """
    known = await entity_at(work, Team, team)
    if edits.keys() == {"cadence"}:
        await authorize_members(work, actor, known.id, ["cadence"])
    else:
        authorize_structure(work, actor, team.path)
    check_version(known.version, expected_version)
    parent = edits.get("parent")
    edits = await resolve_values(work, Team, known.id, edits, known)
    if parent:
        await _check_above(work, known, edits["parent_id"], parent)
    if edits.get("cadence") != known.cadence:
        await check_override(work, edits.get("cadence"), edits.get("parent_id", known.parent_id))
    return await edit(work, actor, ChangeKind.TEAM_UPDATED, known, edits)


async def _check_above(work: Work, team: Team, parent_id: UUID, ref: Ref) -> None:
    """Raise `TeamLoops` if the new parent is the team itself or a team under it."""
    teams = await all_entities(work.connection, work.organization.id, Team)
    by_id = {other.id: other for other in teams}
    here: UUID | None = parent_id
    while here is not None:
        if here == team.id:
            raise TeamLoops(f"{by_id[parent_id].name} already lies under {team.name}", path=ref.path)
        here = by_id[here].parent_id


async def add_member(
    work: Work,
    actor: Actor,
    *,
    team: Ref,
    person: Ref,
    **values: Any,
) -> MutationResult:
    """Add a person to a team.

    Raises:
        PersonIsRemoved: the person has left.
        AlreadyExists: the person is a member of the team.
    """
    joined, joining = await entity_at(work, Team, team), await person_at(work, person, taking_work=True)
    await authorize_members(work, actor, joined.id, team.path)
    pair: dict[str, Any] = {"team_id": joined.id, "person_id": joining.id}
    if await id_with_values(work.connection, work.organization.id, TeamMembership, pair):
        raise AlreadyExists(f"{joining.name} is already a member of {joined.name}", path=person.path)
    membership = TeamMembership(**await new_values(work, TeamMembership, new_id(), values), **pair)
    return await create(work, actor, ChangeKind.TEAM_MEMBER_ADDED, membership)


async def edit_member(
    work: Work,
    actor: Actor,
    *,
    team_membership: Ref,
    edits: Mapping[str, Any],
    expected_version: int | None = None,
) -> MutationResult:
    """Edit a member's role or the membership's external id."""
    known = await entity_at(work, TeamMembership, team_membership)
    await authorize_members(work, actor, known.team_id, team_membership.path)
    check_version(known.version, expected_version)
    edits = await resolve_values(work, TeamMembership, known.id, edits, known)
    return await edit(work, actor, ChangeKind.TEAM_MEMBER_UPDATED, known, edits)


async def remove_member(
    work: Work, actor: Actor, *, team_membership: Ref, expected_version: int | None = None
) -> MutationResult:
    """Remove a member from a team."""
    known = await entity_at(work, TeamMembership, team_membership)
    await authorize_members(work, actor, known.team_id, team_membership.path)
    return await remove(work, actor, ChangeKind.TEAM_MEMBER_REMOVED, known, expected_version)
