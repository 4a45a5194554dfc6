"""Queries of decisions."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.record_filters import DecisionFilterArgument, DecisionOrderArgument
from okr_api.graphql.types.decision import Decision
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.okr.entity import NodeType


@strawberry.type
class DecisionsQuery:
    @strawberry.field(
        description="The decision with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, was deleted, or is not visible."
    )
    async def decision(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Decision | None:
        found: Decision | None = await by_id_or_external_id(info, NodeType.DECISION, id, external_id)
        return found

    @strawberry.field(
        description="All decisions that you can see, in order of creation unless `orderBy` is given."
    )
    async def decisions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DecisionFilterArgument = None,
        order_by: DecisionOrderArgument = None,
    ) -> Connection[Decision] | None:
        page: Connection[Decision] = await page_of(
            info,
            "DecisionConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
