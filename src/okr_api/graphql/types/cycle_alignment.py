"""GraphQL type `CycleAlignment`: share of aligned objectives; pages of what is unaligned or unserved."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import column, derived, paged, view_of
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.list_arguments import ObjectiveFilterArgument, ObjectiveOrderArgument
from okr_api.graphql.ordering import ordering, sort_by
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.people import Team
from okr_api.graphql.types.priority import Priority
from okr_api.query_engine.cycle_alignment import UNALIGNED, UNSERVED, WITHOUT_OBJECTIVES
from okr_api.query_engine.field_sources import Page
from okr_api.scoring.priority import aligned_share

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective


@view_of()
@strawberry.type(
    description="How far the published objectives of a cycle are aligned. An objective is aligned if it "
    "contributes to or supports another one, names a priority, or stands alone with a reason. Drafts, paused "
    "and dropped objectives do not count; nor does an alignment to what was never published. The numbers of "
    "a closed cycle are those of when it was closed; the lists are of now."
)
class CycleAlignment:
    share: float | None = derived(
        aligned_share,
        "aligned_count",
        "objective_count",
        description="`alignedCount` divided by `objectiveCount`, 0 to 1; null without published objectives.",
    )
    objective_count: int = column("objective_count", "Number of published or closed objectives of the cycle.")
    aligned_count: int = column("aligned_count", "Number of those that are aligned.")

    @paged(
        Page(by="{row}.cycle_id", where=UNALIGNED, ordering=ordering, check=validate_filter),
        "The objectives that are not aligned, in order of creation unless `orderBy` is given.",
    )
    def unaligned(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ObjectiveFilterArgument = None,
        order_by: ObjectiveOrderArgument = None,
    ) -> Connection[Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")]]:
        raise AssertionError("It is read by its declaration")

    @paged(
        Page(by="asked.id", joined=UNSERVED, where="served.start is null", order=sort_by("RANK")),
        "ACTIVE priorities that no published objective of the cycle serves, itself or through what it is "
        "aligned to, by rank. Those whose days lie outside the cycle are left out.",
    )
    def priorities_without_objectives(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Priority]:
        raise AssertionError("It is read by its declaration")

    @paged(
        Page(by="asked.id", joined=WITHOUT_OBJECTIVES, order=sort_by("NAME")),
        "Teams to which no published objective of the cycle belongs, by name. Objectives of teams under a "
        "team do not count for it.",
    )
    def teams_without_objectives(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Team]:
        raise AssertionError("It is read by its declaration")
