"""Queries of meetings."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.record_filters import MeetingFilterArgument, MeetingOrderArgument
from okr_api.graphql.types.meeting import BY_HELD_AT, Meeting
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.okr.entity import NodeType


@strawberry.type
class MeetingsQuery:
    @strawberry.field(
        description="The meeting with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, also because it was deleted."
    )
    async def meeting(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Meeting | None:
        found: Meeting | None = await by_id_or_external_id(info, NodeType.MEETING, id, external_id)
        return found

    @strawberry.field(description="All meetings of all teams, the latest first unless `orderBy` is given.")
    async def meetings(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: MeetingFilterArgument = None,
        order_by: MeetingOrderArgument = None,
    ) -> Connection[Meeting] | None:
        page: Connection[Meeting] = await page_of(
            info,
            "MeetingConnection",
            ordering(order_by, BY_HELD_AT),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
