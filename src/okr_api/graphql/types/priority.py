"""GraphQL type `Priority`, with its progress in a cycle and a page of the objectives that serve it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from okr_api.graphql.cycle_argument import CycleExternalId, CycleId, named_cycle, narrow_to_cycle
from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    gathered_by,
    global_id,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.list_arguments import ObjectiveFilterArgument, ObjectiveOrderArgument
from okr_api.graphql.ordering import ordering
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.people import Person
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.okr.entity import NodeType
from okr_api.okr.priority import PriorityState
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page
from okr_api.query_engine.served_priorities import SERVING, progress_in_cycle
from okr_api.query_engine.snapshot import Snapshot

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective


async def _progress(
    snapshot: Snapshot, priorities: Sequence[Any], **given: Any
) -> Mapping[Any, float | None]:
    """Return the progress of priorities in the cycle that the arguments name; raise like `named_cycle`."""
    return await progress_in_cycle(snapshot, priorities, await named_cycle(snapshot, given))


SERVING_PAGE = Page(
    by="serves.priority",
    joined=SERVING,
    ordering=ordering,
    check=validate_filter,
    narrow=narrow_to_cycle,
)


@view_of("(select * from priority where not removed)", expressions=recorded("priority_version"))
@strawberry.type(
    description="Strategic priority: what the organisation cares about most for a time. Objectives serve it."
)
class Priority(Node):
    id: strawberry.ID = global_id(NodeType.PRIORITY)
    external_id: str | None = external_id()
    title: str = column("title", 'Title, such as "Guests come back"; 1 to 500 characters.')
    description: str | None = column(
        "description", "What it means, as CommonMark, at most 10,000 characters; null if there is none."
    )
    owner: Person | None = one("owner_id", "Person accountable; null if unassigned.")
    viewer_can: ViewerCan = viewer_can(NodeType.PRIORITY)
    rank: float = column(
        "rank", "Place among the priorities: the lowest comes first; equal ranks are in order of creation."
    )
    starts_on: date | None = column("starts_on", "First day that it is meant for; null if not limited.")
    ends_on: date | None = column("ends_on", "Last day that it is meant for, inclusive; null if not limited.")
    state: PriorityState = column("state", "ACTIVE or ARCHIVED.")
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()

    @gathered_by(
        _progress,
        "Mean progress of the top-most objectives of a cycle that serve it, all of equal weight, 0 to 1. "
        "Of the published and closed objectives of the cycle that name it or contribute to one that does, "
        "those are top-most that contribute to no other of them; one that only supports changes no number. "
        "Null without such objectives, if none of them has a progress, and for a cycle that does not exist. "
        "Give exactly one of `cycleId` and `cycleExternalId`.",
    )
    def progress(self, cycle_id: CycleId = None, cycle_external_id: CycleExternalId = None) -> float | None:
        raise AssertionError("It is read by its declaration")

    @paged(
        SERVING_PAGE,
        "Objectives that serve it: that name it, or contribute to or support one that does, directly or "
        "through others. Of all cycles unless one is given; in order of creation unless `orderBy` is given. "
        "What an unpublished objective names is not handed down to what is aligned to it.",
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
