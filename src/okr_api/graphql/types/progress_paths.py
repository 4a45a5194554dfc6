"""GraphQL types of the paths by which something counts in an ancestor."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from okr_api.graphql.argument_values import only_one_of
from okr_api.graphql.fields import column, documents, one, one_of, view_of
from okr_api.graphql.types.measured import Measured
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import id_of_argument, node_named
from okr_api.query_engine.progress_paths import paths_to
from okr_api.query_engine.snapshot import Snapshot

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective


@view_of()
@strawberry.type(description="A node on a path, and how much of it arrives at the next one.")
class PathStep:
    node: Measured = one_of(
        node_named,
        "node_type",
        "node_id",
        description="The objective or, at the start of a path, the key result.",
    )
    share: float = column(
        "share",
        "Its share in the progress of the node of the next step, in the last step of the ancestor, 0 to 1.",
    )
    hidden_count: int = column(
        "hidden_count",
        "Number of objectives between this node and the next one that you may not see; `share` is then the "
        "product of the shares.",
    )


@view_of()
@strawberry.type(description="One path by which something counts in an ancestor.")
class ProgressPath:
    share: float = column("share", "Product of the shares of its steps, 0 to 1.")
    steps: list[PathStep] = documents(
        lambda steps: steps,
        "steps",
        description="Nodes on the path in order from the start, which is the first; without the ancestor.",
    )


@view_of()
@strawberry.type(description="All paths by which an objective or key result counts in an ancestor.")
class ProgressPaths:
    ancestor: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "ancestor_id", "The ancestor."
    )
    total_share: float = column(
        "total_share",
        "Share of the ancestor's progress by all paths together, also those that are not listed, 0 to 1: if "
        "it moves by 0.1, the ancestor moves by 0.1 times this. 0 if it does not count in the ancestor.",
    )
    path_count: int = column("path_count", "Number of paths; 2,147,483,647 if there are more than that.")
    paths: list[ProgressPath] = documents(
        lambda paths: paths,
        "paths",
        description="The paths with the largest shares, the largest first; at most 20.",
    )


async def load_paths(snapshot: Snapshot, keys: Sequence[Any], **given: Any) -> Mapping[Any, Any]:
    """Return the paths of nodes to the objective that the arguments name.

    Raises:
        InvalidInput: none or both arguments are given.
    """
    to, to_external_id = given.get("to"), given.get("to_external_id")
    name, value = only_one_of(to=to, to_external_id=to_external_id)
    return await paths_to(snapshot, keys, await id_of_argument(snapshot, NodeType.OBJECTIVE, name, value))
