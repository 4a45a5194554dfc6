"""Queries of objectives, key results and the objective tree, and of any node by id."""

from typing import Annotated, Any

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.filters import KeyResultFilter, ObjectiveFilter
from okr_api.graphql.ordering import KeyResultOrder, ObjectiveOrder, ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.change import TYPE_NAMES
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
from okr_api.graphql.types.tree import ObjectiveTree
from okr_api.okr.change import NodeType
from okr_api.okr.errors import InvalidInput, TooMany
from okr_api.query_engine.change_queries import is_there
from okr_api.query_engine.global_ids import decode_id, id_of_type
from okr_api.query_engine.table_sizes import TreeKey
from okr_api.query_engine.tree_query import tree_of

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
        filter: Annotated[
            ObjectiveFilter | None,
            strawberry.argument(description="Only objectives that match; all conditions are ANDed."),
        ] = None,
        order_by: Annotated[
            ObjectiveOrder | None,
            strawberry.argument(description="Sort order; by creation if omitted. Nulls last."),
        ] = None,
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
        filter: Annotated[
            KeyResultFilter | None,
            strawberry.argument(description="Only key results that match; all conditions are ANDed."),
        ] = None,
        order_by: Annotated[
            KeyResultOrder | None,
            strawberry.argument(description="Sort order; by creation if omitted. Nulls last."),
        ] = None,
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
        description="Objective tree of a cycle, or of one objective with everything below it; at most "
        "20,000 objectives. Give exactly one of `cycleId` and `rootId`. Null if it does not "
        "exist or you cannot see it."
    )
    async def objective_tree(
        self,
        info: Info,
        cycle_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Return the objectives of this cycle; or give `rootId`."),
        ] = None,
        root_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Objective to return with everything below it; give either this or `cycleId`."
            ),
        ] = None,
        depth: Annotated[
            int | None,
            strawberry.argument(description="Maximum depth of `rows`; roots have 0. No limit if omitted."),
        ] = None,
    ) -> ObjectiveTree | None:
        if (cycle_id is None) == (root_id is None):
            raise InvalidInput("Give either cycleId or rootId", path=["cycleId"])
        if depth is not None and depth < 0:
            raise InvalidInput("depth begins at 0", path=["depth"])
        cycle = id_of_type(cycle_id, NodeType.CYCLE) if cycle_id is not None else None
        root = id_of_type(root_id, NodeType.OBJECTIVE) if root_id is not None else None
        if cycle is None and root is None:
            return None
        reader = await reader_for(info)
        await reader.snapshot.begin()
        if cycle is not None:
            reader.loader.within["Objective"] = ("cycle_id", cycle)
        layouts = info.context.app_services.layouts
        layout = await tree_of(reader.snapshot, layouts, cycle_id=cycle, root_id=root, depth=depth)
        _remember_size(info, (cycle_id or root_id, depth), len(layout.rows))
        if not layout.root_ids and not await is_there(reader.snapshot, root, cycle):
            return None
        tree: ObjectiveTree = await reader.made(
            "ObjectiveTree", {"seq": reader.snapshot.seq, **layout._asdict()}
        )
        return tree

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


def _remember_size(info: Info, key: TreeKey, objectives: int) -> None:
    """Store the size of a tree, which the cost of its next query is computed from."""
    sizes = info.context.app_services.sizes.get(info.context.actor.organization_id)
    if sizes is not None:
        sizes.measured(key, objectives)


async def _nodes(info: Info, ids: list[strawberry.ID]) -> list[Any]:
    decoded = [decode_id(id) for id in ids]
    return await (await reader_for(info)).named(
        (TYPE_NAMES[one[0]], one[1]) if one else None for one in decoded
    )
