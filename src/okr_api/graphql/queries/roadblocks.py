"""Queries of roadblocks."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.record_filters import RoadblockFilterArgument, RoadblockOrderArgument
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.roadblock import Roadblock
from okr_api.okr.entity import NodeType


@strawberry.type
class RoadblocksQuery:
    @strawberry.field(
        description="The roadblock with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, was deleted, or is not visible."
    )
    async def roadblock(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Roadblock | None:
        found: Roadblock | None = await by_id_or_external_id(info, NodeType.ROADBLOCK, id, external_id)
        return found

    @strawberry.field(
        description="All roadblocks that you can see, also resolved ones, in order of creation unless "
        "`orderBy` is given."
    )
    async def roadblocks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: RoadblockFilterArgument = None,
        order_by: RoadblockOrderArgument = None,
    ) -> Connection[Roadblock] | None:
        page: Connection[Roadblock] = await page_of(
            info,
            "RoadblockConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
