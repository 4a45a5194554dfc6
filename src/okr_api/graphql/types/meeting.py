"""GraphQL type of meetings, and the fields that list them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    global_id,
    listed,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.ordering import ordering, sort_by
from okr_api.graphql.record_filters import (
    DecisionFilterArgument,
    DecisionOrderArgument,
    MeetingFilterArgument,
    MeetingOrderArgument,
)
from okr_api.graphql.types.decision import Decision
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page

if TYPE_CHECKING:
    from okr_api.graphql.types.cycle import Cycle
    from okr_api.graphql.types.people import Person, Team

BY_HELD_AT = sort_by("HELD_AT", descending=True)


@view_of("(select * from meeting where not removed)", expressions=recorded("meeting_version"))
@strawberry.type(
    description="Meeting that a team held about a cycle. Everybody in the organisation sees it with its "
    "notes; what it decided about an objective is visible where that is."
)
class Meeting(Node):
    id: strawberry.ID = global_id(NodeType.MEETING)
    external_id: str | None = external_id()
    team: Annotated["Team", strawberry.lazy("okr_api.graphql.types.people")] = one(
        "team_id", "Team that met."
    )
    cycle: Annotated["Cycle", strawberry.lazy("okr_api.graphql.types.cycle")] = one(
        "cycle_id", "Cycle that it was about."
    )
    held_at: datetime = column("held_at", "When it was held.")
    notes: str | None = column(
        "notes",
        "Notes, as CommonMark, at most 10,000 characters; null if there are none. They are for the whole "
        "organisation: what only some may know belongs into a decision about a private objective.",
    )
    attendees: list[Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")]] = listed(
        "attendee_ids", "People who were there, at most 200."
    )
    viewer_can: ViewerCan = viewer_can(NodeType.MEETING)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()

    @paged(
        Page(by="{row}.meeting_id", ordering=ordering, check=validate_filter),
        "What it decided, without what is about objectives that you cannot see; in order of creation unless "
        "`orderBy` is given.",
    )
    def decisions(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DecisionFilterArgument = None,
        order_by: DecisionOrderArgument = None,
    ) -> Connection[Decision]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class MeetingsOfTeam:
    """Base of the type of teams: the meetings that a team has held."""

    @paged(
        Page(by="{row}.team_id", order=BY_HELD_AT, ordering=ordering, check=validate_filter),
        "Meetings that the team has held, the latest first unless `orderBy` is given.",
    )
    def meetings(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: MeetingFilterArgument = None,
        order_by: MeetingOrderArgument = None,
    ) -> Connection[Meeting]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class MeetingsOfCycle:
    """Base of the type of cycles: the meetings about a cycle."""

    @paged(
        Page(by="{row}.cycle_id", order=BY_HELD_AT, ordering=ordering, check=validate_filter),
        "Meetings about the cycle, of all teams, the latest first unless `orderBy` is given.",
    )
    def meetings(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: MeetingFilterArgument = None,
        order_by: MeetingOrderArgument = None,
    ) -> Connection[Meeting]:
        raise AssertionError("It is read by its declaration")
