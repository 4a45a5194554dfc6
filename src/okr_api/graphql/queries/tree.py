"""Query field `objectiveTree` of a cycle or beneath an objective; notes the tree's size for its next cost."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import to_camel_case

from okr_api.graphql.argument_values import only_one_of
from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.scan_cost import tree_key
from okr_api.graphql.types.tree import ObjectiveTree
from okr_api.okr.change import NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.change_queries import is_there
from okr_api.query_engine.global_ids import id_of_argument
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.tree_query import tree_of
from okr_api.store.table_sizes import TreeKey

CycleId = Annotated[
    strawberry.ID | None, strawberry.argument(description="Return the objectives of this cycle.")
]
CycleExternalId = Annotated[
    str | None, strawberry.argument(description="Return the objectives of the cycle with this external id.")
]
RootId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Return this objective with everything below it."),
]
RootExternalId = Annotated[
    str | None,
    strawberry.argument(description="Return the objective with this external id, with everything below it."),
]
Depth = Annotated[
    int | None,
    strawberry.argument(description="Maximum depth of `rows`; roots have 0. No limit if omitted."),
]


@strawberry.type
class TreeQuery:
    @strawberry.field(
        description="Objective tree of a cycle, or of one objective with everything below it; at most "
        "20,000 objectives. Give exactly one of `cycleId`, `cycleExternalId`, `rootId` and `rootExternalId`. "
        "Null if it does not exist or you cannot see it."
    )
    async def objective_tree(
        self,
        info: Info,
        cycle_id: CycleId = None,
        cycle_external_id: CycleExternalId = None,
        root_id: RootId = None,
        root_external_id: RootExternalId = None,
        depth: Depth = None,
    ) -> ObjectiveTree | None:
        argument, value = only_one_of(
            cycle_id=cycle_id,
            cycle_external_id=cycle_external_id,
            root_id=root_id,
            root_external_id=root_external_id,
        )
        if depth is not None and depth < 0:
            raise InvalidInput("depth begins at 0", path=["depth"])
        reader = await reader_for(info)
        await reader.snapshot.begin()
        of_cycle = argument.startswith("cycle")
        node_type = NodeType.CYCLE if of_cycle else NodeType.OBJECTIVE
        named = await id_of_argument(reader.snapshot, node_type, argument, value)
        if named is None:
            return None
        cycle, root = (named, None) if of_cycle else (None, named)
        return await _tree_in(
            info, reader, cycle, root, depth, tree_key(to_camel_case(argument), value, depth)
        )


async def _tree_in(
    info: Info, reader: Reader, cycle: UUID | None, root: UUID | None, depth: int | None, key: TreeKey
) -> ObjectiveTree | None:
    """Return the tree of the cycle or beneath the root; remember its size under the key."""
    if cycle is not None:
        reader.loader.within["Objective"] = ("cycle_id", cycle)
    app_services = info.context.app_services
    layout = await tree_of(reader.snapshot, app_services.layouts, cycle_id=cycle, root_id=root, depth=depth)
    sizes = app_services.sizes.get(info.context.actor.organization_id)
    if sizes is not None:  # the cost of its next query is computed from it
        sizes.measured(key, len(layout.rows))
    if not layout.root_ids and not await is_there(reader.snapshot, root, cycle):
        return None
    tree: ObjectiveTree = await reader.made("ObjectiveTree", {"seq": reader.snapshot.seq, **layout._asdict()})
    return tree
