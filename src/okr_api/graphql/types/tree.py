"""The objective tree, nested and flat."""

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
@strawberry.type(description="A row of the flat tree.")
class ObjectiveTreeRow:
    """An objective with its place."""

    objective: Objective = one("objective_id", "The objective.")
    depth: int = column("depth", "The steps from the nearest root, which has 0.")
    parent_ids: list[strawberry.ID] = column(
        "parent_ids", "The ids of all its parents in the tree, those served through a key result included."
    )


@view_of()
@strawberry.type(
    description="The objectives of a cycle, or those beneath one: nested through `children`, or flat."
)
class ObjectiveTree:
    """The tree."""

    seq: Seq = column("seq", "The position of the feed at which it is true.")
    roots: list[Objective] = listed("root_ids", "The objectives without a parent in the tree.")
    rows: list[ObjectiveTreeRow] = documents(
        lambda rows: rows, "rows", description="Every objective once, depth-first; for trees of any depth."
    )
