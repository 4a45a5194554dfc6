"""Enums of roles, editing and visibility of the policy, registered as GraphQL enums with described values."""

from okr_api.graphql.enums import describe
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, ObjectiveVisibility, Role

__all__ = ["Editing", "ObjectiveVisibility", "Role", "TeamRole"]

describe(
    Role,
    "Role of a person in the organisation. A token allows the smaller of its scopes and this.",
    ADMIN="May do everything, and sees everything.",
    MEMBER="May do what their relation to an objective allows: at most what the scope WRITE includes.",
    VIEWER="May read only, whatever the scopes of their tokens.",
)
describe(
    Editing,
    "Who may edit an objective and what belongs to it.",
    EVERYONE="Every member who sees it. Members also edit people, teams and cycles.",
    RESPONSIBLE="Its owner and contributors, the leads of its team and of the teams above, and admins. "
    "People, teams, cycles, priorities and metrics are edited by admins, team members also by their leads.",
)
describe(
    TeamRole,
    "Role of a person in a team.",
    LEAD="Answers for the team; a team may have several leads, or none.",
    MEMBER="Belongs to the team.",
)
describe(
    ObjectiveVisibility,
    "Who sees an objective, with its key results, check-ins and everything else that belongs to it. People "
    "with the role ADMIN see every objective; a service sees only those with ORGANIZATION, unless its token "
    "sees what is private.",
    ORGANIZATION="Everybody in the organisation.",
    TEAM="Members and leads of its team and of the teams above it, its owner and its contributors.",
    PRIVATE="Its owner, its contributors and the people in `sharedWith`.",
)
