"""Permissions of records: raise `Forbidden` unless the policy lets the actor edit one, or check in."""

from collections.abc import Sequence
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective
from okr_api.okr.policy import (
    PERMITTED_TO,
    RECORD_RELATIONS,
    SCOPES,
    Action,
    Relation,
    is_open_to,
    is_permitted,
)
from okr_api.okr.relations import RecordPeople, relations_to_record
from okr_api.store.unit_of_work import Work

from .permissions import check_permitted, forbidden, load_roles, load_undecided, undecided

Path = Sequence[str | int]


async def authorize_record(
    work: Work, actor: Actor, people: RecordPeople, objective: Objective | None, path: Path, noun: str
) -> None:
    """Raise `Forbidden` unless the actor may edit a record, with its objective if it has one."""
    action, editing, principal = Action.EDIT_RECORD, work.organization.editing, actor.principal
    if is_open_to(principal, editing, action):
        return
    if is_permitted(principal, editing, action, relations_to_record(principal, people, {}, objective)):
        return
    await load_roles(work, _undecided(work, actor, people, objective))
    relations = relations_to_record(principal, people, work.team_roles, objective)
    if not is_permitted(principal, editing, action, relations):
        actor.must(SCOPES[action])
        of_objective = PERMITTED_TO[editing][action] - RECORD_RELATIONS if objective else {Relation.ADMIN}
        raise forbidden(actor, f"To edit this {noun}", of_objective | people.possible, path)


def _undecided(
    work: Work, actor: Actor, people: RecordPeople, objective: Objective | None
) -> set[tuple[UUID, UUID]]:
    """Return the (team, person) whose roles may decide, if they are not loaded."""
    person = actor.author.person_id
    if person is None:
        return set()
    teams = {people.giving_team_id, people.meeting_team_id, objective.team_id if objective else None}
    return {(team, person) for team in teams if team is not None} - work.team_roles.keys()


async def authorize_check_in(
    work: Work, actor: Actor, objective: Objective, key_result: KeyResult | None, path: Path
) -> None:
    """Raise `Forbidden` unless the actor may check in on an objective, or on a key result of it."""
    await load_undecided(work, undecided(work, actor, Action.CHECK_IN, objective, key_result))
    check_permitted(work, actor, Action.CHECK_IN, objective, path, key_result)
