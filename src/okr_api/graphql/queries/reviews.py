"""Queries of reviews, one and a page of all, and of a pulse."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.review_filters import ReviewRecordFilterArgument, ReviewRecordOrderArgument
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.pulse import Pulse
from okr_api.graphql.types.review_record import ReviewRecord
from okr_api.okr.entity import NodeType


@strawberry.type
class ReviewsQuery:
    @strawberry.field(
        description="The review with this `id` or `externalId`; give exactly one. Null if it does not exist, "
        "was deleted, or is not visible. `Objective.review` has that of an objective."
    )
    async def review_record(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> ReviewRecord | None:
        found: ReviewRecord | None = await by_id_or_external_id(info, NodeType.REVIEW_RECORD, id, external_id)
        return found

    @strawberry.field(
        description="The pulse with this `id` or `externalId`; give exactly one. Null if it does not exist "
        "or was deleted. `Cycle.pulse` has that of a cycle."
    )
    async def pulse(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Pulse | None:
        found: Pulse | None = await by_id_or_external_id(info, NodeType.PULSE, id, external_id)
        return found

    @strawberry.field(
        description="All reviews that you can see, in order of creation unless `orderBy` is given; "
        "`filter: { cycle }` has those of a cycle."
    )
    async def review_records(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ReviewRecordFilterArgument = None,
        order_by: ReviewRecordOrderArgument = None,
    ) -> Connection[ReviewRecord] | None:
        page: Connection[ReviewRecord] = await page_of(
            info,
            "ReviewRecordConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
