"""Mutations of an organisation: its name, its people and its teams."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.calendar import time_zone
from okr_api.okr.change import ChangeKind, NodeType
from okr_api.okr.errors import EmailIsTaken, TeamLoops
from okr_api.okr.people import Person, Team, language_of
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import active_ids_by_email, all_teams
from okr_api.store.organizations import save_organization
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change
from .mutation_runner import MutationResult
from .recompute import begin_as, touch_everything
from .references import (
    Ref,
    check_version,
    email_address,
    free_external_id,
    person_at,
    team_at,
    title,
)


async def edit_organization(
    work: Work, actor: Actor, *, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit the organisation's name, time zone or language; `edits` is keyed by field.

    Where its days move, every number is recomputed in the same change.
    """
    known, edits = work.organization, dict(edits)
    check_version(known.version, expected_version)
    if "name" in edits:
        edits["name"] = title(edits["name"], "name")
    if "time_zone" in edits:
        edits["time_zone"] = time_zone(edits["time_zone"]).key
    if "language" in edits:
        edits["language"] = language_of(edits["language"])
    edited = replace(known, **edits, version=known.version + 1)
    await save_organization(work.connection, edited, seq=work.next_seq, recorded_at=work.now)
    begin_as(work, edited)
    if edited.time_zone != known.time_zone:
        await touch_everything(work)
    fields = tuple(sorted(edits))
    return await record_change(
        work, actor, ChangeKind.ORGANIZATION_UPDATED, NodeType.ORGANIZATION, known.id, fields=fields
    )


async def add_person(
    work: Work, actor: Actor, *, name: str, email: str | None = None, external_id: str | None = None
) -> MutationResult:
    """Add a person."""
    id = new_id()
    work.people[id] = Person(
        id=id,
        external_id=await free_external_id(work, "person", external_id, id),
        name=title(name, "name"),
        email=await _free_email(work, email),
    )
    return await record_change(work, actor, ChangeKind.PERSON_CREATED, NodeType.PERSON, id)


async def edit_person(
    work: Work, actor: Actor, *, person: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a person's name, email or external id; `edits` is keyed by field."""
    known = await person_at(work, person)
    check_version(known.version, expected_version)
    edits = dict(edits)
    if "name" in edits:
        edits["name"] = title(edits["name"], "name")
    if "email" in edits:
        edits["email"] = await _free_email(work, edits["email"], known)
    if "external_id" in edits:
        edits["external_id"] = await free_external_id(work, "person", edits["external_id"], known.id)
    work.people[known.id] = replace(known, **edits, version=known.version + 1)
    return await record_change(
        work, actor, ChangeKind.PERSON_UPDATED, NodeType.PERSON, known.id, fields=tuple(sorted(edits))
    )


async def _free_email(work: Work, email: str | None, known: Person | None = None) -> str | None:
    """Return the trimmed e-mail address, None for an empty one.

    An unchanged address is not checked: people of former releases may share one.

    Raises:
        EmailIsTaken: another person who has not left has it.
        InvalidInput: it is too long or not storable.
    """
    email = email_address(email)
    if email is None or (known and (not known.active or email == known.email)):
        return email
    for id in await active_ids_by_email(work.connection, work.organization.id, email):
        if known is None or id != known.id:
            raise EmailIsTaken(f"Another person has the e-mail address {email!r}", path=["email"])
    return email


async def remove_person(
    work: Work, actor: Actor, *, person: Ref, expected_version: int | None = None
) -> MutationResult:
    """Deactivate a person: tokens are revoked, they take no new work, and what they own still names them.

    Raises:
        PersonIsRemoved: the person has already left.
    """
    known = await person_at(work, person, taking_work=True)
    check_version(known.version, expected_version)
    work.people[known.id] = replace(known, active=False, version=known.version + 1)
    return await record_change(
        work, actor, ChangeKind.PERSON_REMOVED, NodeType.PERSON, known.id, fields=("active",)
    )


async def add_team(
    work: Work, actor: Actor, *, name: str, parent: Ref | None = None, external_id: str | None = None
) -> MutationResult:
    """Add a team."""
    id = new_id()
    work.teams[id] = Team(
        id=id,
        external_id=await free_external_id(work, "team", external_id, id),
        name=title(name, "name"),
        parent_id=(await team_at(work, parent)).id if parent else None,
    )
    return await record_change(work, actor, ChangeKind.TEAM_CREATED, NodeType.TEAM, id)


async def edit_team(
    work: Work, actor: Actor, *, team: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a team's name, external id or parent (`parent`, a reference or None).

    Raises:
        TeamLoops: the new parent is the team itself or a team under it.
    """
    known = await team_at(work, team)
    check_version(known.version, expected_version)
    edits = dict(edits)
    if "name" in edits:
        edits["name"] = title(edits["name"], "name")
    if "external_id" in edits:
        edits["external_id"] = await free_external_id(work, "team", edits["external_id"], known.id)
    if "parent" in edits:
        parent = edits.pop("parent")
        edits["parent_id"] = await _parent_above(work, known, parent) if parent else None
    work.teams[known.id] = replace(known, **edits, version=known.version + 1)
    return await record_change(
        work, actor, ChangeKind.TEAM_UPDATED, NodeType.TEAM, known.id, fields=tuple(sorted(edits))
    )


async def _parent_above(work: Work, team: Team, ref: Ref) -> UUID:
    parent = await team_at(work, ref)
    parents = {other.id: other.parent_id for other in await all_teams(work.connection, work.organization.id)}
    here: UUID | None = parent.id
    while here is not None:
        if here == team.id:
            raise TeamLoops(f"{parent.name} already lies under {team.name}", path=ref.path)
        here = parents[here]
    return parent.id
