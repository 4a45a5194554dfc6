"""Queries of absences."""

import strawberry

from okr_api.graphql.absence_filters import AbsenceFilterArgument, AbsenceOrderArgument
from okr_api.graphql.context import Info
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.absence import Absence
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.okr.entity import NodeType


@strawberry.type
class AbsencesQuery:
    @strawberry.field(
        description="The absence with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist or was deleted."
    )
    async def absence(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Absence | None:
        found: Absence | None = await by_id_or_external_id(info, NodeType.ABSENCE, id, external_id)
        return found

    @strawberry.field(description="All absences, in order of creation unless `orderBy` is given.")
    async def absences(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AbsenceFilterArgument = None,
        order_by: AbsenceOrderArgument = None,
    ) -> Connection[Absence] | None:
        page: Connection[Absence] = await page_of(
            info,
            "AbsenceConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
