"""Query fields `priority` by id or external id, and `priorities`, a page with filter and order (by rank)."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.list_arguments import PriorityFilterArgument, PriorityOrderArgument
from okr_api.graphql.ordering import ordering, sort_by
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.priority import Priority
from okr_api.okr.entity import NodeType


@strawberry.type
class PrioritiesQuery:
    @strawberry.field(
        description="The priority with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, also because it was deleted."
    )
    async def priority(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Priority | None:
        priority: Priority | None = await by_id_or_external_id(info, NodeType.PRIORITY, id, external_id)
        return priority

    @strawberry.field(
        description="All strategic priorities, also archived ones, by rank unless `orderBy` is given."
    )
    async def priorities(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: PriorityFilterArgument = None,
        order_by: PriorityOrderArgument = None,
    ) -> Connection[Priority] | None:
        page: Connection[Priority] = await page_of(
            info,
            "PriorityConnection",
            ordering(order_by, sort_by("RANK")),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
