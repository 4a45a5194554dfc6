"""GraphQL types of the objective tree: its roots, nested by `Objective.children`, or flat rows of all."""

import strawberry

from okr_api.graphql.fields import (
    column,
    documents,
    listed,
    one,
    view_of,
)
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.objective import Objective


@view_of(columns=("objective_id", "depth", "parent_ids"))
@strawberry.type(description="One objective in the flat form of the tree.")
class ObjectiveTreeRow:
    objective: Objective = one("objective_id", "The objective.")
    depth: int = column("depth", "Number of steps from the nearest root; a root has 0.")
    parent_ids: list[strawberry.ID] = column(
        "parent_ids",
        "Ids of all objectives in the tree that it is aligned to, directly or through one of "
        "their key results.",
    )


@view_of()
@strawberry.type(
    description="Objective tree of a cycle, or of one objective with everything below it: nested from "
    "`roots` through `Objective.children`, or flat as `rows`."
)
class ObjectiveTree:
    seq: Seq = column(
        "seq", "Feed position that this tree reflects; subscribe with it as `after` to miss no change."
    )
    roots: list[Objective] = listed("root_ids", "Objectives that have no parent in this tree.")
    rows: list[ObjectiveTreeRow] = documents(
        lambda rows: rows,
        "rows",
        description="Every objective once, in depth-first order; works for a tree of any depth with one "
        "query.",
    )
