"""Policy: who may see an objective, and who may do what, as tables by scope, role, relation and action.

All that hangs on an objective (key results, check-ins, …) shares its visibility and its policy. Relations are
computed by `relations.py` and, for many nodes at once, by `store/relation_statements.py`. The tables are in
docs/policy.md for people, which is their test.
"""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    """Permission of a token; each scope includes the ones before it."""

    READ = "read"
    CHECK_IN = "check_in"
    WRITE = "write"
    ADMIN = "admin"


class Role(StrEnum):
    """What a person may do in the organisation; a token allows the lesser of its scopes and this."""

    ADMIN = "ADMIN"
    MEMBER = "MEMBER"
    VIEWER = "VIEWER"


class Editing(StrEnum):
    """Who may edit an objective: every member who sees it, or only those responsible for it."""

    EVERYONE = "EVERYONE"
    RESPONSIBLE = "RESPONSIBLE"


class ObjectiveVisibility(StrEnum):
    """Who sees an objective and all that hangs on it."""

    ORGANIZATION = "ORGANIZATION"
    TEAM = "TEAM"
    PRIVATE = "PRIVATE"


class Relation(StrEnum):
    """What somebody is to an objective. Of a team means of its team or of a team above that.

    RECORD_OWNER, ESCALATED_TO, GIVING_LEAD and MEETING_TEAM are to a record (an initiative, a dependency, a
    roadblock, a decision, an experiment, a lesson): its owner, the person to
    whom a roadblock is escalated, a lead of the team that gives what a dependency is for, and a member or
    lead of the team whose meeting decided. DELEGATE is the delegate of the person who owes the check-in, on
    a day on which that person is absent.
    """

    ADMIN = "ADMIN"
    OWNER = "OWNER"
    CONTRIBUTOR = "CONTRIBUTOR"
    TEAM_LEAD = "TEAM_LEAD"
    TEAM_MEMBER = "TEAM_MEMBER"
    SHARED_WITH = "SHARED_WITH"
    KEY_RESULT_OWNER = "KEY_RESULT_OWNER"
    CHECK_IN_OWNER = "CHECK_IN_OWNER"
    DELEGATE = "DELEGATE"
    RECORD_OWNER = "RECORD_OWNER"
    ESCALATED_TO = "ESCALATED_TO"
    GIVING_LEAD = "GIVING_LEAD"
    MEETING_TEAM = "MEETING_TEAM"
    NONE = "NONE"


class Action(StrEnum):
    """What can be done: the last five in a team or the organisation, others with what hangs on an objective.

    EDIT includes the lifecycle, key results and alignments of an objective; EDIT_RECORD is of initiatives,
    dependencies, roadblocks, decisions, experiments and lessons. RECORD_MEETING and EDIT_MEMBERS
    are of a team, EDIT_STRUCTURE of people, teams and cycles, ADMINISTER of the organisation itself.
    VIEW_CALIBRATION is of a person, who is its OWNER, of a team or of the organisation.
    """

    EDIT = "EDIT"
    CHECK_IN = "CHECK_IN"
    COMMENT = "COMMENT"
    CHANGE_VISIBILITY = "CHANGE_VISIBILITY"
    DELETE = "DELETE"
    REVIEW = "REVIEW"
    EDIT_RECORD = "EDIT_RECORD"
    RECORD_MEETING = "RECORD_MEETING"
    EDIT_MEMBERS = "EDIT_MEMBERS"
    EDIT_STRUCTURE = "EDIT_STRUCTURE"
    ADMINISTER = "ADMINISTER"
    VIEW_CALIBRATION = "VIEW_CALIBRATION"


SUFFICIENT = {scope: frozenset(list(Scope)[rank:]) for rank, scope in enumerate(Scope)}
SCOPE_OF_ROLE = {Role.VIEWER: Scope.READ, Role.MEMBER: Scope.WRITE, Role.ADMIN: Scope.ADMIN}

ALL = frozenset(Relation)
RESPONSIBLE = frozenset({Relation.ADMIN, Relation.OWNER, Relation.CONTRIBUTOR, Relation.TEAM_LEAD})
PARTICIPANTS = frozenset({Relation.ADMIN, Relation.OWNER, Relation.CONTRIBUTOR})
ACCOUNTABLE = frozenset({Relation.ADMIN, Relation.OWNER})
ADMINS = frozenset({Relation.ADMIN})
CALIBRATED = frozenset({Relation.ADMIN, Relation.OWNER, Relation.TEAM_LEAD})
RECORD_RELATIONS = frozenset(
    {Relation.RECORD_OWNER, Relation.ESCALATED_TO, Relation.GIVING_LEAD, Relation.MEETING_TEAM}
)

VISIBLE_TO = {
    ObjectiveVisibility.ORGANIZATION: ALL,
    ObjectiveVisibility.TEAM: PARTICIPANTS | {Relation.TEAM_LEAD, Relation.TEAM_MEMBER},
    ObjectiveVisibility.PRIVATE: PARTICIPANTS | {Relation.SHARED_WITH},
}

SCOPES = {
    Action.EDIT: Scope.WRITE,
    Action.CHECK_IN: Scope.CHECK_IN,
    Action.COMMENT: Scope.CHECK_IN,
    Action.CHANGE_VISIBILITY: Scope.WRITE,
    Action.DELETE: Scope.WRITE,
    Action.REVIEW: Scope.WRITE,
    Action.EDIT_RECORD: Scope.WRITE,
    Action.RECORD_MEETING: Scope.WRITE,
    Action.EDIT_MEMBERS: Scope.WRITE,
    Action.EDIT_STRUCTURE: Scope.WRITE,
    Action.ADMINISTER: Scope.ADMIN,
    Action.VIEW_CALIBRATION: Scope.READ,
}
PERMITTED_TO = {
    Editing.EVERYONE: {
        **dict.fromkeys(Action, ALL),
        Action.CHANGE_VISIBILITY: ACCOUNTABLE,
        Action.ADMINISTER: ADMINS,
        Action.VIEW_CALIBRATION: CALIBRATED,
    },
    Editing.RESPONSIBLE: {
        Action.EDIT: RESPONSIBLE,
        Action.CHECK_IN: RESPONSIBLE
        | {Relation.KEY_RESULT_OWNER, Relation.CHECK_IN_OWNER, Relation.DELEGATE},
        Action.COMMENT: ALL,
        Action.CHANGE_VISIBILITY: ACCOUNTABLE,
        Action.DELETE: RESPONSIBLE,
        Action.REVIEW: RESPONSIBLE,
        Action.EDIT_RECORD: RESPONSIBLE | RECORD_RELATIONS,
        Action.RECORD_MEETING: frozenset({Relation.ADMIN, Relation.TEAM_LEAD, Relation.TEAM_MEMBER}),
        Action.EDIT_MEMBERS: frozenset({Relation.ADMIN, Relation.TEAM_LEAD}),
        Action.EDIT_STRUCTURE: ADMINS,
        Action.ADMINISTER: ADMINS,
        Action.VIEW_CALIBRATION: CALIBRATED,
    },
}
# Who may create an objective, by relation to the new one; for a team, by relation to that as well.
CREATE = RESPONSIBLE
CREATE_FOR_TEAM = frozenset({Relation.ADMIN, Relation.TEAM_LEAD, Relation.TEAM_MEMBER})
# What a service needs a relation for as well: ADMIN, which it has with the scope of that name.
ADMINISTRATIVE = frozenset(
    {
        Action.CHANGE_VISIBILITY,
        Action.EDIT_MEMBERS,
        Action.EDIT_STRUCTURE,
        Action.ADMINISTER,
        Action.VIEW_CALIBRATION,
    }
)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, as the policy sees it: a person with a role, or a service; with the scopes of the token."""

    person_id: UUID | None
    role: Role | None
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Return whether the token includes the scope and the role allows it."""
        return self.role_allows(scope) and not self.scopes.isdisjoint(SUFFICIENT[scope])

    def role_allows(self, scope: Scope) -> bool:
        """Return whether the role allows what the scope includes; a service has no role."""
        return self.role is None or SCOPE_OF_ROLE[self.role] in SUFFICIENT[scope]

    @property
    def is_admin(self) -> bool:
        """Return whether it is an admin, whatever the token's scopes, or a service with the scope ADMIN."""
        return self.role is Role.ADMIN or (self.person_id is None and self.may(Scope.ADMIN))


def is_permitted(principal: Principal, editing: Editing, action: Action, relations: Set[Relation]) -> bool:
    """Return whether somebody with these relations to a visible node may do this with it."""
    if not principal.may(SCOPES[action]):
        return False
    return _is_open(principal, editing, action) or not relations.isdisjoint(PERMITTED_TO[editing][action])


def is_open_to(principal: Principal, editing: Editing, action: Action) -> bool:
    """Return whether somebody may do this with every visible node, whatever their relation to it."""
    return _is_open(principal, editing, action) and principal.may(SCOPES[action])


def _is_open(principal: Principal, editing: Editing, action: Action) -> bool:
    if principal.person_id is None and action not in ADMINISTRATIVE:
        return True
    return PERMITTED_TO[editing][action] == ALL


# What relations are called in messages, where they can be held already.
PHRASES = {
    Relation.RECORD_OWNER: "its owner",
    Relation.ESCALATED_TO: "the person to whom it is escalated",
    Relation.GIVING_LEAD: "a lead of the giving team or of a team above it",
    Relation.MEETING_TEAM: "in the team of the meeting or in a team above it",
    Relation.OWNER: "the owner of the objective",
    Relation.CONTRIBUTOR: "a contributor",
    Relation.TEAM_LEAD: "a lead of the team or of a team above it",
    Relation.TEAM_MEMBER: "a member of the team or of a team above it",
    Relation.SHARED_WITH: "somebody with whom it is shared",
    Relation.KEY_RESULT_OWNER: "the owner of the key result",
    Relation.CHECK_IN_OWNER: "who checks in for it",
    Relation.DELEGATE: "the delegate of one of these who is absent today",
    Relation.ADMIN: "an admin",
}
