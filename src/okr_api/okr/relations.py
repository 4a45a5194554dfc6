"""Relations of somebody to an objective, a key result, a record or a team, computed from domain objects.

`store/relation_statements.py` computes the same in SQL, for many nodes at once.
"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from .key_result import KeyResult
from .objective import Objective
from .people import TeamRole
from .policy import Principal, Relation

# Roles by (team, person): those that the person has in the team or in a team above it.
TeamRoles = Mapping[tuple[UUID, UUID], Set[TeamRole]]
# Delegates by the person who is absent today; None where nobody is.
Delegates = Mapping[UUID, UUID | None]
BY_TEAM_ROLE = {TeamRole.LEAD: Relation.TEAM_LEAD, TeamRole.MEMBER: Relation.TEAM_MEMBER}
NOBODY = frozenset({Relation.NONE})
NO_DELEGATES: Delegates = MappingProxyType({})


def relations_to_organization(principal: Principal) -> Set[Relation]:
    """Return ADMIN or NONE."""
    return {Relation.ADMIN} if principal.is_admin else NOBODY


def relations_to_team(principal: Principal, team_id: UUID | None, roles: TeamRoles) -> Set[Relation]:
    """Return the relations to a team; `roles` has those in it, as far as they are known."""
    found = {Relation.ADMIN} if principal.is_admin else set[Relation]()
    if team_id is not None and principal.person_id is not None:
        found |= {BY_TEAM_ROLE[role] for role in roles.get((team_id, principal.person_id), ())}
    return found or NOBODY


def people_of(objective: Objective) -> dict[Relation, Collection[UUID]]:
    """Return the people that an objective itself names, by their relation to it."""
    return {
        Relation.OWNER: () if objective.owner_id is None else (objective.owner_id,),
        Relation.CONTRIBUTOR: objective.contributor_ids,
        Relation.SHARED_WITH: objective.shared_with_ids,
    }


def owing_person(objective: Objective, key_result: KeyResult | None) -> UUID | None:
    """Return who owes check-ins: who checks in, the owner of the key result, or that of the objective."""
    own = (key_result.check_in_owner_id or key_result.owner_id) if key_result else None
    return own or objective.owner_id


def relations_to_objective(
    principal: Principal,
    objective: Objective,
    roles: TeamRoles,
    key_result: KeyResult | None = None,
    delegates: Delegates = NO_DELEGATES,
) -> Set[Relation]:
    """Return the relations to an objective, and with `key_result` those to a key result of it.

    `delegates` has that of the person who owes check-ins, as far as it is known.
    """
    found = set(relations_to_team(principal, objective.team_id, roles))
    person = principal.person_id
    if person is not None:
        found |= {relation for relation, people in people_of(objective).items() if person in people}
        if key_result is not None:
            found |= {Relation.KEY_RESULT_OWNER} if key_result.owner_id == person else set()
            found |= {Relation.CHECK_IN_OWNER} if key_result.check_in_owner_id == person else set()
        owing = owing_person(objective, key_result)
        if owing is not None and delegates.get(owing) == person:
            found.add(Relation.DELEGATE)
    return found - NOBODY or NOBODY


@dataclass(frozen=True, slots=True)
class RecordPeople:
    """Who may edit a record beside those who may edit its objective.

    Of `giving_team_id` and the teams above it these are the leads, of `meeting_team_id` and those above it
    the leads and members.
    """

    owner_id: UUID | None = None
    escalated_to_id: UUID | None = None
    giving_team_id: UUID | None = None
    meeting_team_id: UUID | None = None

    @property
    def possible(self) -> Set[Relation]:
        """Return the relations that somebody can have to the record."""
        named = {
            Relation.RECORD_OWNER: self.owner_id,
            Relation.ESCALATED_TO: self.escalated_to_id,
            Relation.GIVING_LEAD: self.giving_team_id,
            Relation.MEETING_TEAM: self.meeting_team_id,
        }
        return {relation for relation, id in named.items() if id is not None}


def relations_to_record(
    principal: Principal, people: RecordPeople, roles: TeamRoles, objective: Objective | None = None
) -> Set[Relation]:
    """Return the relations to a record, with those to its objective if it has one."""
    found = set(relations_to_organization(principal))
    if objective is not None:
        found |= relations_to_objective(principal, objective, roles)
    person = principal.person_id
    if person is not None:
        found |= {Relation.RECORD_OWNER} if people.owner_id == person else set()
        found |= {Relation.ESCALATED_TO} if people.escalated_to_id == person else set()
        if Relation.TEAM_LEAD in relations_to_team(principal, people.giving_team_id, roles):
            found.add(Relation.GIVING_LEAD)
        if not relations_to_team(principal, people.meeting_team_id, roles).isdisjoint(BY_TEAM_ROLE.values()):
            found.add(Relation.MEETING_TEAM)
    return found - NOBODY or NOBODY
