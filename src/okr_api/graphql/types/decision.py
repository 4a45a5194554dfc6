"""GraphQL type of decisions, and the fields that list them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    global_id,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.ordering import ordering
from okr_api.graphql.record_filters import DecisionFilterArgument, DecisionOrderArgument
from okr_api.graphql.types.comment import CommentsOfDecision
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.graphql.work_enums import DecisionState
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page
from okr_api.store.hidden_rows import HIDDEN_RECORD
from okr_api.store.tree_edges import OBJECTIVE_OF_RECORD, TEAM_OF_DECISION

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.meeting import Meeting
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Person, Team


@view_of(
    "(select * from decision where not removed)",
    hidden=HIDDEN_RECORD,
    expressions={
        **recorded("decision_version"),
        "holder_id": OBJECTIVE_OF_RECORD,
        "deciding_team_id": TEAM_OF_DECISION,
    },
)
@strawberry.type(
    description="What was decided, and who sees to it. It is visible where the objective is that it is "
    "about; everybody in the organisation sees one that is about nothing."
)
class Decision(CommentsOfDecision, Node):
    id: strawberry.ID = global_id(NodeType.DECISION)
    external_id: str | None = external_id()
    text: str = column("text", "What was decided, as CommonMark, 1 to 10,000 characters.")
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "holder_id",
        "Objective that it is about: its own one, or that of `keyResult`; null if it is about neither.",
        seen=True,
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id",
        "Key result that it is about; null if it is about an objective itself, or about neither.",
        seen=True,
    )
    meeting: Annotated["Meeting", strawberry.lazy("okr_api.graphql.types.meeting")] | None = one(
        "meeting_id", "Meeting that took it; null outside of meetings, and once the meeting was deleted."
    )
    team: Annotated["Team", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "deciding_team_id",
        "Team of the meeting; outside of meetings that of the objective, null without one.",
    )
    owner: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "owner_id", "Person accountable, who may edit it; null if unassigned."
    )
    due_on: date | None = column("due_on", "Day by which it is to be carried out; null if there is none.")
    state: DecisionState = column("state", "OPEN, DONE or DROPPED.")
    viewer_can: ViewerCan = viewer_can(NodeType.DECISION)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class DecisionsOfObjective:
    """Base of the type of objectives: what was decided about them."""

    @paged(
        Page(by="{row}.objective_id", seen=True, ordering=ordering, check=validate_filter),
        "What was decided about the objective itself, in order of creation unless `orderBy` is given. "
        "Decisions about its key results are listed there; `Query.decisions` finds all with "
        "`filter: { objective }`.",
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
class DecisionsOfKeyResult:
    """Base of the type of key results: what was decided about them."""

    @paged(
        Page(by="{row}.key_result_id", seen=True, ordering=ordering, check=validate_filter),
        "What was decided about the key result, in order of creation unless `orderBy` is given.",
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
class DecisionsOfPerson:
    """Base of the type of people: the decisions that a person sees to."""

    @paged(
        Page(by="{row}.owner_id", ordering=ordering, check=validate_filter),
        "Decisions that the person is accountable for, without those that you cannot see; in order of "
        "creation unless `orderBy` is given.",
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
