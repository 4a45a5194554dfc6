"""GraphQL types of double counts: what counts in an objective of a cycle more than once."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.enums import describe
from okr_api.graphql.fields import column, documents, one, one_of, view_of
from okr_api.graphql.types.measured import Measured
from okr_api.graphql.types.metric import Metric
from okr_api.query_engine.global_ids import node_named
from okr_api.scoring.double_counting import DoubleCountKind

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective

describe(
    DoubleCountKind,
    "Why something counts in an objective more than once.",
    SEVERAL_PATHS="An objective contributes to several others, and by them to the same ancestor.",
    SHARED_METRIC="Several key results are bound to one metric, and count in the same ancestor.",
)


@view_of()
@strawberry.type(description="One of the parts by which something counts in an ancestor more than once.")
class DoubleCountPart:
    node: Measured = one_of(
        node_named,
        "node_type",
        "node_id",
        description="SEVERAL_PATHS: the part of the ancestor through which the objective arrives; it is the "
        "objective itself where that also contributes directly. SHARED_METRIC: the key result.",
    )
    share: float = column("share", "Share of the ancestor's progress by this part, 0 to 1.")
    path_count: int = column("path_count", "Number of paths by this part, at most 2,147,483,647.")


@view_of()
@strawberry.type(
    description="Something that counts in an objective more than once: it moves it more than it seems to. "
    "That may be intended; nothing is corrected."
)
class DoubleCount:
    kind: DoubleCountKind = column("kind", "Why it counts more than once.")
    ancestor: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "ancestor_id", "Objective of the cycle in which it counts more than once: where the paths join."
    )
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "objective_id", "SEVERAL_PATHS: the objective where the paths part; else null."
    )
    metric: Metric | None = one("metric_id", "SHARED_METRIC: the metric; else null.")
    total_share: float = column(
        "total_share", "Share of the ancestor's progress by all parts together, 0 to 1."
    )
    path_count: int = column("path_count", "Number of paths of all parts together, at most 2,147,483,647.")
    part_count: int = column("part_count", "Number of parts, also of those that you may not see.")
    hidden_part_count: int = column("hidden_part_count", "Number of parts that you may not see.")
    parts: list[DoubleCountPart] = documents(
        lambda parts: parts,
        "parts",
        description="The parts that you may see, the largest share first; at most 20.",
    )


@view_of()
@strawberry.type(
    description="What counts more than once in objectives of a cycle, by paths within it and the cycles that "
    "it encloses."
)
class DoubleCounts:
    nodes: list[DoubleCount] = documents(
        lambda nodes: nodes,
        "nodes",
        description="Those that you may see, the largest `totalShare` first; at most 100.",
    )
    total_count: int = column("total_count", "Number of all, the same for everybody.")
    hidden_count: int = column("hidden_count", "Number of those that you may not see.")
