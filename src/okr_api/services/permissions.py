"""Permissions of mutations: raise `Forbidden` unless the policy permits them; load team roles that decide.

References are resolved before, so that what is hidden is `NotFound` for everybody. Roles in teams are loaded
only where everything else leaves it open.
"""

from collections.abc import Collection, Sequence, Set
from typing import NamedTuple
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.absence import delegate_on
from okr_api.okr.errors import Forbidden
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import (
    CREATE,
    CREATE_FOR_TEAM,
    PERMITTED_TO,
    PHRASES,
    SCOPES,
    Action,
    Editing,
    Relation,
    Scope,
    is_open_to,
    is_permitted,
)
from okr_api.okr.relations import (
    BY_TEAM_ROLE,
    owing_person,
    relations_to_objective,
    relations_to_organization,
    relations_to_team,
)
from okr_api.store.absence_lookup import absences_of
from okr_api.store.relation_statements import roles_in_teams
from okr_api.store.unit_of_work import Work

from .references import Ref, key_result_at, objective_at

Path = Sequence[str | int]
OF_TEAMS = frozenset(BY_TEAM_ROLE.values())
VERBS = {
    Action.EDIT: "To edit this objective and what belongs to it",
    Action.CHECK_IN: "To check in here",
    Action.COMMENT: "To comment on this",
    Action.CHANGE_VISIBILITY: "To change who sees this objective",
    Action.DELETE: "To delete this",
    Action.REVIEW: "To review this objective",
    Action.RECORD_MEETING: "To record meetings of this team",
    Action.EDIT_MEMBERS: "To change the members or the cadence of this team",
    Action.EDIT_STRUCTURE: "To edit people, teams, cycles, priorities, metrics and absences of others",
    Action.ADMINISTER: "To administer the organisation",
}


def forbidden(actor: Actor, beginning: str, needed: Set[Relation], path: Path) -> Forbidden:
    """Return the error that says which relations would be enough; raise it for a service, which has none."""
    if actor.is_service:
        actor.must(Scope.ADMIN, path)
    *others, last = [phrase for relation, phrase in PHRASES.items() if relation in needed]
    choice = f"{', '.join(others)} or {last}" if others else last
    return Forbidden(f"{beginning} you must be {choice}", path=path)


class Undecided(NamedTuple):
    """What decides whether a person may do something: roles in a team, and whose delegate they are today."""

    person_id: UUID
    team_id: UUID | None
    owing_id: UUID | None = None


def undecided(
    work: Work, actor: Actor, action: Action, objective: Objective, key_result: KeyResult | None = None
) -> set[Undecided]:
    """Return what decides whether this is permitted, if anything but what is loaded does."""
    person, editing = actor.author.person_id, work.organization.editing
    permitted = PERMITTED_TO[editing][action]
    if editing is Editing.EVERYONE or person is None:
        return set()
    team = None if OF_TEAMS.isdisjoint(permitted) else objective.team_id
    owing = owing_person(objective, key_result) if Relation.DELEGATE in permitted else None
    relations = relations_to_objective(
        actor.principal, objective, work.team_roles, key_result, work.delegates
    )
    if is_permitted(actor.principal, editing, action, relations):
        return set()
    asked = Undecided(
        person,
        None if team is None or (team, person) in work.team_roles else team,
        None if owing in work.delegates else owing,
    )
    return {asked} if asked.team_id or asked.owing_id else set()


async def load_undecided(work: Work, asked: Collection[Undecided]) -> None:
    """Load what decides into the work: roles with one statement, and absences of whom no role permits."""
    pairs = {(one.team_id, one.person_id) for one in asked if one.team_id is not None}
    await load_roles(work, pairs - work.team_roles.keys())
    owing = {
        one.owing_id
        for one in asked
        if one.owing_id is not None
        and (one.team_id is None or TeamRole.LEAD not in work.team_roles[one.team_id, one.person_id])
    }
    if owing := owing - work.delegates.keys():
        absences = await absences_of(work.connection, work.organization.id, owing)
        today = work.now.astimezone(work.organization.zone).date()
        for person in owing:
            work.delegates[person] = delegate_on(absences, person, today)


async def load_roles(work: Work, pairs: Collection[tuple[UUID, UUID]]) -> None:
    """Load roles in teams into the work, by (team, person), with one statement; none for no pairs."""
    if pairs:
        work.team_roles |= await roles_in_teams(work.connection, work.organization.id, pairs)


def check_permitted(
    work: Work,
    actor: Actor,
    action: Action,
    objective: Objective,
    path: Path,
    key_result: KeyResult | None = None,
    beginning: str | None = None,
) -> None:
    """Raise `Forbidden` unless the actor may do this with an objective; what is `undecided` is loaded.

    The message begins with `beginning`, by default with what the action is.
    """
    editing = work.organization.editing
    if is_open_to(actor.principal, editing, action):
        return
    relations = relations_to_objective(
        actor.principal, objective, work.team_roles, key_result, work.delegates
    )
    if not is_permitted(actor.principal, editing, action, relations):
        actor.must(SCOPES[action])
        raise forbidden(actor, beginning or VERBS[action], PERMITTED_TO[editing][action], path)


async def authorize(
    work: Work,
    actor: Actor,
    action: Action,
    objective: Objective,
    path: Path,
    beginning: str | None = None,
) -> None:
    """Raise `Forbidden` unless the actor may do this with an objective; see `check_permitted`."""
    await load_undecided(work, undecided(work, actor, action, objective))
    check_permitted(work, actor, action, objective, path, beginning=beginning)


async def authorize_comment(work: Work, actor: Actor, objective: Objective | None, path: Path) -> None:
    """Raise `Forbidden` unless the actor may comment on what belongs to an objective, or to none."""
    if objective is not None:
        await authorize(work, actor, Action.COMMENT, objective, path)
    else:
        actor.must(SCOPES[Action.COMMENT], path)


async def editable_objective_at(work: Work, actor: Actor, ref: Ref) -> Objective:
    """Return the objective, as `objective_at` does; raise `Forbidden` unless the actor may edit it."""
    objective = await objective_at(work, ref)
    await authorize(work, actor, Action.EDIT, objective, ref.path)
    return objective


async def editable_key_result_at(work: Work, actor: Actor, ref: Ref) -> KeyResult:
    """Return the key result; raise `Forbidden` unless the actor may edit its objective."""
    key_result = await key_result_at(work, ref)
    await authorize(work, actor, Action.EDIT, work.tree.objectives[key_result.objective_id], ref.path)
    return key_result


async def authorize_creation(work: Work, actor: Actor, objective: Objective, team_path: Path) -> None:
    """Raise `Forbidden` unless the actor may create the objective, for its team if it has one.

    Its creator is responsible for it afterwards, so that they can edit it.
    """
    if actor.is_service or work.organization.editing is Editing.EVERYONE:
        return
    await authorize_team(work, actor, objective.team_id, team_path)
    if relations_to_objective(actor.principal, objective, work.team_roles).isdisjoint(CREATE):
        raise forbidden(actor, "After creating this objective", CREATE, ["owner"])


async def authorize_team(work: Work, actor: Actor, team_id: UUID | None, path: Path) -> None:
    """Raise `Forbidden` unless the actor may give an objective to the team."""
    if team_id is None or actor.is_service or work.organization.editing is Editing.EVERYONE:
        return
    if (await _relations_to_team(work, actor, team_id)).isdisjoint(CREATE_FOR_TEAM):
        raise forbidden(actor, "To give an objective to this team", CREATE_FOR_TEAM, path)


async def _relations_to_team(work: Work, actor: Actor, team_id: UUID) -> Set[Relation]:
    person = actor.author.person_id
    if person is not None and not actor.principal.is_admin:
        await load_roles(work, {(team_id, person)} - work.team_roles.keys())
    return relations_to_team(actor.principal, team_id, work.team_roles)


def authorize_structure(work: Work, actor: Actor, path: Path = ()) -> None:
    """Raise `Forbidden` unless the actor may edit people, teams and cycles."""
    action, editing = Action.EDIT_STRUCTURE, work.organization.editing
    if not is_permitted(actor.principal, editing, action, relations_to_organization(actor.principal)):
        raise forbidden(actor, VERBS[action], PERMITTED_TO[editing][action], path)


async def authorize_members(work: Work, actor: Actor, team_id: UUID, path: Path) -> None:
    """Raise `Forbidden` unless the actor may change the members of the team."""
    await _authorize_in_team(work, actor, Action.EDIT_MEMBERS, team_id, path)


async def authorize_meetings(work: Work, actor: Actor, team_id: UUID, path: Path) -> None:
    """Raise `Forbidden` unless the actor may record meetings of the team, and edit them."""
    await _authorize_in_team(work, actor, Action.RECORD_MEETING, team_id, path)


async def _authorize_in_team(work: Work, actor: Actor, action: Action, team_id: UUID, path: Path) -> None:
    editing = work.organization.editing
    if editing is Editing.EVERYONE:
        return
    relations = await _relations_to_team(work, actor, team_id)
    if not is_permitted(actor.principal, editing, action, relations):
        raise forbidden(actor, VERBS[action], PERMITTED_TO[editing][action], path)
