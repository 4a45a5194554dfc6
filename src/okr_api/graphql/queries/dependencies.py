"""Queries of dependencies."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.dependency import Dependency
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.work_filters import DependencyFilterArgument, DependencyOrderArgument
from okr_api.okr.entity import NodeType


@strawberry.type
class DependenciesQuery:
    @strawberry.field(
        description="The dependency with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, was deleted, or is not visible."
    )
    async def dependency(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Dependency | None:
        found: Dependency | None = await by_id_or_external_id(info, NodeType.DEPENDENCY, id, external_id)
        return found

    @strawberry.field(
        description="All dependencies that you can see, in order of creation unless `orderBy` is given."
    )
    async def dependencies(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DependencyFilterArgument = None,
        order_by: DependencyOrderArgument = None,
    ) -> Connection[Dependency] | None:
        page: Connection[Dependency] = await page_of(
            info,
            "DependencyConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
