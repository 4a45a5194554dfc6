"""GraphQL type of roadblocks, and the fields that list them."""

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
from okr_api.graphql.record_filters import RoadblockFilterArgument, RoadblockOrderArgument
from okr_api.graphql.types.comment import CommentsOfRoadblock
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.graphql.work_enums import RoadblockState, RoadblockType
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page
from okr_api.store.hidden_rows import HIDDEN_RECORD
from okr_api.store.tree_edges import OBJECTIVE_OF_RECORD

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Person


@view_of(
    "(select * from roadblock where not removed)",
    hidden=HIDDEN_RECORD,
    expressions={**recorded("roadblock_version"), "holder_id": OBJECTIVE_OF_RECORD},
)
@strawberry.type(
    description="What stands in the way of an objective or a key result. It changes no number, and is "
    "visible where its objective is."
)
class Roadblock(CommentsOfRoadblock, Node):
    id: strawberry.ID = global_id(NodeType.ROADBLOCK)
    external_id: str | None = external_id()
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "holder_id", "Objective that it stands in the way of: its own one, or that of `keyResult`.", seen=True
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id",
        "Key result that it stands in the way of; null if it is of the objective itself.",
        seen=True,
    )
    title: str = column("title", 'Title, such as "No berth for the inspection"; 1 to 500 characters.')
    description: str | None = column(
        "description", "Details, as CommonMark, at most 10,000 characters; null if there are none."
    )
    type: RoadblockType = column("type", "What would remove it, such as DECISION.")
    owner: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "owner_id", "Person who sees to it, and may edit and resolve it; null if unassigned."
    )
    next_action: str | None = column(
        "next_action", "What is done next about it, at most 500 characters; null if nothing was said."
    )
    due_on: date | None = column("due_on", "Day by which it is to be resolved; null if there is none.")
    escalated_to: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "escalated_to_id",
        "Person to whom it is escalated, who may edit and resolve it as well; null if it is not.",
    )
    escalation_reason: str | None = column(
        "escalation_reason",
        "Why it is escalated, as CommonMark, at most 10,000 characters; null if it is not, or without a "
        "reason.",
    )
    state: RoadblockState = column("state", "OPEN or RESOLVED.")
    resolution: str | None = column(
        "resolution",
        "How it was resolved, as CommonMark, at most 10,000 characters; null while it is open, or if nothing "
        "was said.",
    )
    resolved_at: datetime | None = column("resolved_at", "When it was resolved; null while it is open.")
    viewer_can: ViewerCan = viewer_can(NodeType.ROADBLOCK)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class RoadblocksOfObjective:
    """Base of the type of objectives: what stands in their way."""

    @paged(
        Page(by="{row}.objective_id", seen=True, ordering=ordering, check=validate_filter),
        "What stands in the way of the objective itself, also what is resolved, in order of creation unless "
        "`orderBy` is given. Roadblocks of its key results are listed there; `Query.roadblocks` finds all "
        "with `filter: { objective }`.",
    )
    def roadblocks(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: RoadblockFilterArgument = None,
        order_by: RoadblockOrderArgument = None,
    ) -> Connection[Roadblock]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class RoadblocksOfKeyResult:
    """Base of the type of key results: what stands in their way."""

    @paged(
        Page(by="{row}.key_result_id", seen=True, ordering=ordering, check=validate_filter),
        "What stands in the way of the key result, also what is resolved, in order of creation unless "
        "`orderBy` is given.",
    )
    def roadblocks(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: RoadblockFilterArgument = None,
        order_by: RoadblockOrderArgument = None,
    ) -> Connection[Roadblock]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class RoadblocksOfPerson:
    """Base of the type of people: the roadblocks that a person sees to."""

    @paged(
        Page(by="{row}.owner_id", ordering=ordering, check=validate_filter),
        "Roadblocks that the person owns, also resolved ones, without those that you cannot see; in order of "
        "creation unless `orderBy` is given. `Query.roadblocks` finds those escalated to the person.",
    )
    def roadblocks(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: RoadblockFilterArgument = None,
        order_by: RoadblockOrderArgument = None,
    ) -> Connection[Roadblock]:
        raise AssertionError("It is read by its declaration")
