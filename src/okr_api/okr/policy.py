"""Policy: who may see an objective, and who may do what with it, by relation to it.

All that hangs on an objective (key results, check-ins, …) shares its visibility and its policy.
"""

from enum import StrEnum


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
    """What somebody is to an objective. Of a team means of its team or of a team above that."""

    ADMIN = "ADMIN"
    OWNER = "OWNER"
    CONTRIBUTOR = "CONTRIBUTOR"
    TEAM_LEAD = "TEAM_LEAD"
    TEAM_MEMBER = "TEAM_MEMBER"
    SHARED_WITH = "SHARED_WITH"
    KEY_RESULT_OWNER = "KEY_RESULT_OWNER"
    CHECK_IN_OWNER = "CHECK_IN_OWNER"
    NONE = "NONE"


class Action(StrEnum):
    """What can be done with an objective and what hangs on it."""

    EDIT = "EDIT"
    CHECK_IN = "CHECK_IN"
    COMMENT = "COMMENT"
    CHANGE_VISIBILITY = "CHANGE_VISIBILITY"
    DELETE = "DELETE"
    REVIEW = "REVIEW"


SUFFICIENT = {scope: frozenset(list(Scope)[rank:]) for rank, scope in enumerate(Scope)}
HIGHEST_SCOPE = {Role.VIEWER: Scope.READ, Role.MEMBER: Scope.WRITE, Role.ADMIN: Scope.ADMIN}

ALL = frozenset(Relation)
RESPONSIBLE = frozenset({Relation.ADMIN, Relation.OWNER, Relation.CONTRIBUTOR, Relation.TEAM_LEAD})
PARTICIPANTS = frozenset({Relation.ADMIN, Relation.OWNER, Relation.CONTRIBUTOR})

VISIBLE_TO = {
    ObjectiveVisibility.ORGANIZATION: ALL,
    ObjectiveVisibility.TEAM: PARTICIPANTS | {Relation.TEAM_LEAD, Relation.TEAM_MEMBER},
    ObjectiveVisibility.PRIVATE: PARTICIPANTS | {Relation.SHARED_WITH},
}
