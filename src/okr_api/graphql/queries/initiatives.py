"""Queries of initiatives."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.initiative import Initiative
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.work_filters import InitiativeFilterArgument, InitiativeOrderArgument
from okr_api.okr.entity import NodeType


@strawberry.type
class InitiativesQuery:
    @strawberry.field(
        description="The initiative with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, was deleted, or is not visible."
    )
    async def initiative(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Initiative | None:
        found: Initiative | None = await by_id_or_external_id(info, NodeType.INITIATIVE, id, external_id)
        return found

    @strawberry.field(
        description="All initiatives that you can see, in order of creation unless `orderBy` is given."
    )
    async def initiatives(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: InitiativeFilterArgument = None,
        order_by: InitiativeOrderArgument = None,
    ) -> Connection[Initiative] | None:
        page: Connection[Initiative] = await page_of(
            info,
            "InitiativeConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
