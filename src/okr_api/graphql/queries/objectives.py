"""Query fields `objective(s)` and `keyResult(s)`, and for any entity by global id `node` and `nodes`."""

from typing import Annotated, Any

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.list_arguments import (
    KeyResultFilterArgument,
    KeyResultOrderArgument,
    ObjectiveFilterArgument,
    ObjectiveOrderArgument,
)
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.key_result import KeyResult
from okr_api.graphql.types.node import (
    After,
    Before,
    Connection,
    First,
    Last,
    Node,
)
from okr_api.graphql.types.objective import Objective
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import TooMany
from okr_api.query_engine.global_ids import TYPE_NAMES, decode_id

MAX_NODES = 100


@strawberry.type
class ObjectivesQuery:
    @strawberry.field(
        description="The objective with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist or you cannot see it."
    )
    async def objective(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Objective | None:
        objective: Objective | None = await by_id_or_external_id(info, NodeType.OBJECTIVE, id, external_id)
        return objective

    @strawberry.field(
        description="All objectives that you can see, in order of creation unless `orderBy` is given."
    )
    async def objectives(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ObjectiveFilterArgument = None,
        order_by: ObjectiveOrderArgument = None,
    ) -> Connection[Objective] | None:
        page: Connection[Objective] = await page_of(
            info,
            "ObjectiveConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page

    @strawberry.field(
        description="The key result with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist or you cannot see it."
    )
    async def key_result(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> KeyResult | None:
        found: KeyResult | None = await by_id_or_external_id(info, NodeType.KEY_RESULT, id, external_id)
        return found

    @strawberry.field(
        description="All key results that you can see, in order of creation unless `orderBy` is given."
    )
    async def key_results(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: KeyResultFilterArgument = None,
        order_by: KeyResultOrderArgument = None,
    ) -> Connection[KeyResult] | None:
        page: Connection[KeyResult] = await page_of(
            info,
            "KeyResultConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page

    @strawberry.field(
        description="Any entity by its global id; null if it does not exist or you cannot see it."
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id of the entity.")],
    ) -> Node | None:
        node: Node | None = (await _nodes(info, [id]))[0]
        return node

    @strawberry.field(
        description="Entities by their global ids, in the same order; null for each that does not exist or "
        "you cannot see."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
    ) -> list[Node | None] | None:
        if len(ids) > MAX_NODES:
            raise TooMany(f"At most {MAX_NODES} ids at a time", path=["ids"])
        return await _nodes(info, ids)


async def _nodes(info: Info, ids: list[strawberry.ID]) -> list[Any]:
    decoded = [decode_id(id) for id in ids]
    return await (await reader_for(info)).named(
        (TYPE_NAMES[one[0]], one[1]) if one else None for one in decoded
    )
