"""Query fields `checkIn` by id or external id, and `checkIns`, a page with filter and order."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.list_arguments import CheckInFilterArgument, CheckInOrderArgument
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.check_in import CheckIn
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.okr.entity import NodeType
from okr_api.query_engine.field_sources import Ordering

RECORDED_LAST_FIRST = Ordering(descending=True)  # of the ids: any other order reads the whole table


@strawberry.type
class CheckInsQuery:
    @strawberry.field(
        description="The check-in with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist or you cannot see it."
    )
    async def check_in(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> CheckIn | None:
        found: CheckIn | None = await by_id_or_external_id(info, NodeType.CHECK_IN, id, external_id)
        return found

    @strawberry.field(
        description="All check-ins that you can see, also corrected and retracted ones; those recorded last "
        "come first unless `orderBy` is given."
    )
    async def check_ins(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CheckInFilterArgument = None,
        order_by: CheckInOrderArgument = None,
    ) -> Connection[CheckIn] | None:
        page: Connection[CheckIn] = await page_of(
            info,
            "CheckInConnection",
            ordering(order_by, RECORDED_LAST_FIRST),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
