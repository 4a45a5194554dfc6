"""GraphQL types `Organization`, `Person`, `Team`, `TeamMembership` and `Actor` (an author)."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.cycle_argument import CycleExternalId, CycleId, narrow_to_cycle
from okr_api.graphql.fields import (
    column,
    created_at,
    derived,
    external_id,
    global_id,
    many,
    one,
    paged,
    same,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.list_arguments import (
    KeyResultFilterArgument,
    KeyResultOrderArgument,
    ObjectiveFilterArgument,
    ObjectiveOrderArgument,
    TeamMembershipFilterArgument,
    TeamMembershipOrderArgument,
)
from okr_api.graphql.ordering import ordering, sort_by
from okr_api.graphql.policy_enums import Editing, Role, TeamRole
from okr_api.graphql.types.absence import AbsencesOfPerson
from okr_api.graphql.types.activity_fields import (
    ActivityOfOrganization,
    ActivityOfPerson,
    ActivityOfTeam,
)
from okr_api.graphql.types.cadence import Cadence, HolidayCalendar, cadence, holiday_calendar
from okr_api.graphql.types.calibration import CalibratedOrganization, CalibratedPerson, CalibratedTeam
from okr_api.graphql.types.check_in_draft import DraftsOfPerson
from okr_api.graphql.types.coaching_settings import CoachingSettings
from okr_api.graphql.types.dependency import DependenciesOfTeam
from okr_api.graphql.types.follow import FollowersOfTeam, FollowsOfPerson
from okr_api.graphql.types.meeting import MeetingsOfTeam
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.graphql.types.records import RecordsOfPerson
from okr_api.okr.author import AuthorKind, kind_of_author, shown_name
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.objective import Objective


@view_of("person", expressions=recorded("person_version"))
@strawberry.type(description="Someone who owns objectives and checks in.")
class Person(
    AbsencesOfPerson,
    DraftsOfPerson,
    RecordsOfPerson,
    FollowsOfPerson,
    ActivityOfPerson,
    CalibratedPerson,
    Node,
):
    id: strawberry.ID = global_id(NodeType.PERSON)
    external_id: str | None = external_id()
    name: str = column("name", "Full name, 1 to 500 characters.")
    email: str | None = column("email", "E-mail address, at most 320 characters; null if unknown.")
    active: bool = column(
        "active", "False once the person has left. They can take no new work, but stay named where they were."
    )
    role: Role = column("role", "What the person may do: their tokens allow no more, whatever their scopes.")
    viewer_can: ViewerCan = viewer_can(NodeType.PERSON)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()

    @paged(
        Page(by="{row}.owner_id", ordering=ordering, check=validate_filter, narrow=narrow_to_cycle),
        "Objectives that the person is accountable for; of all cycles unless one is given, in order of "
        "creation unless `orderBy` is given.",
    )
    def objectives(
        self,
        cycle_id: CycleId = None,
        cycle_external_id: CycleExternalId = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ObjectiveFilterArgument = None,
        order_by: ObjectiveOrderArgument = None,
    ) -> Connection[Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")]]:
        raise AssertionError("It is read by its declaration")

    @paged(
        Page(by="{row}.owner_id", ordering=ordering, check=validate_filter),
        "Key results that the person is accountable for, in order of creation unless `orderBy` is given.",
    )
    def key_results(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: KeyResultFilterArgument = None,
        order_by: KeyResultOrderArgument = None,
    ) -> Connection[Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")]]:
        raise AssertionError("It is read by its declaration")

    @paged(
        Page(by="{row}.person_id", ordering=ordering, check=validate_filter),
        "Teams that the person is in, each with the role there; oldest first unless `orderBy` is given.",
    )
    def teams(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: TeamMembershipFilterArgument = None,
        order_by: TeamMembershipOrderArgument = None,
    ) -> Connection["TeamMembership"]:
        raise AssertionError("It is read by its declaration")


@view_of("team", expressions=recorded("team_version"))
@strawberry.type(description="A group of people. Teams form a tree through `parent`.")
class Team(DependenciesOfTeam, ActivityOfTeam, FollowersOfTeam, MeetingsOfTeam, CalibratedTeam, Node):
    id: strawberry.ID = global_id(NodeType.TEAM)
    external_id: str | None = external_id()
    name: str = column("name", "Name, 1 to 500 characters.")
    parent: "Team | None" = one("parent_id", "Team that this one is part of; null at the top level.")
    children: list["Team"] = many(
        "{row}.parent_id", "Teams that are part of this one, by name.", order=sort_by("NAME")
    )
    cadence: Cadence | None = cadence()
    viewer_can: ViewerCan = viewer_can(NodeType.TEAM)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()

    @paged(
        Page(by="{row}.team_id", ordering=ordering, check=validate_filter, narrow=narrow_to_cycle),
        "Objectives that belong to it; of all cycles unless one is given, in order of creation unless "
        "`orderBy` is given.",
    )
    def objectives(
        self,
        cycle_id: CycleId = None,
        cycle_external_id: CycleExternalId = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ObjectiveFilterArgument = None,
        order_by: ObjectiveOrderArgument = None,
    ) -> Connection[Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")]]:
        raise AssertionError("It is read by its declaration")

    @paged(
        Page(by="{row}.team_id", ordering=ordering, check=validate_filter),
        "People in the team, each with a role; oldest membership first unless `orderBy` is given. People who "
        "have left stay until they are removed from it; those of teams under it do not count.",
    )
    def members(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: TeamMembershipFilterArgument = None,
        order_by: TeamMembershipOrderArgument = None,
    ) -> Connection["TeamMembership"]:
        raise AssertionError("It is read by its declaration")


@view_of("(select * from team_membership where not removed)", expressions=recorded("team_membership_version"))
@strawberry.type(description="A person's place in a team, with a role. A person is in a team at most once.")
class TeamMembership(Node):
    id: strawberry.ID = global_id(NodeType.TEAM_MEMBERSHIP)
    external_id: str | None = external_id()
    team: Team = one("team_id", "The team.")
    person: Person = one("person_id", "The person.")
    role: TeamRole = column("role", "What the person is in the team: LEAD or MEMBER.")
    viewer_can: ViewerCan = viewer_can(NodeType.TEAM_MEMBERSHIP)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@view_of("(select organization.*, id as organization_id from organization)")
@strawberry.type(
    description="The tenant. All data belongs to exactly one organisation; none is visible to another."
)
class Organization(ActivityOfOrganization, CalibratedOrganization, Node):
    id: strawberry.ID = global_id(NodeType.ORGANIZATION)
    name: str = column("name", "Name, 1 to 500 characters.")
    time_zone: str = column(
        "time_zone",
        "IANA time zone, such as `Europe/Berlin`, in which the days of cycles and due dates begin and end.",
    )
    language: str = column(
        "language", "Language of the organisation as a BCP 47 tag, `en` or `de`: for texts that you show."
    )
    mission: str | None = column(
        "mission",
        "What the organisation is there for, as CommonMark, at most 10,000 characters; null if not given.",
    )
    vision: str | None = column(
        "vision",
        "What the organisation wants to become, as CommonMark, at most 10,000 characters; null if not given.",
    )
    editing: Editing = column(
        "editing", "Who may edit an objective: every member, or those responsible for it."
    )
    cadence: Cadence | None = cadence("When check-ins are due, unless one below says otherwise; or null.")
    holiday_calendar: HolidayCalendar | None = holiday_calendar()
    review_required: bool = column(
        "review_required", "Whether a cycle is only closed with a review of each published objective."
    )
    viewer_can: ViewerCan = viewer_can(NodeType.ORGANIZATION)
    coaching_settings: CoachingSettings = same("Which rules of coaching are applied.")
    version: int = version()


@view_of()
@strawberry.type(
    description="Author of a change or check-in: a person, a service with a token of its own, or the clock."
)
class Actor:
    kind: AuthorKind = derived(
        kind_of_author,
        "author_name",
        "author_person_id",
        description="Whether it is a person, a service or the clock.",
    )
    name: str = derived(
        shown_name,
        "author_name",
        description="Name of the person or service at that time; `Clock` for the clock.",
    )
    person: Person | None = one("author_person_id", "The person; null for a service and for the clock.")
