"""GraphQL type `Alignment`: an edge of the tree, with its parent, child, kind and weight."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from okr_api.graphql.fields import column, one, one_of, view_of
from okr_api.graphql.types.measured import Measured
from okr_api.okr.alignment import AlignmentKind
from okr_api.store.hidden_rows import HIDDEN_ALIGNMENT

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective


def _parent(objective_id: Any, key_result_id: Any) -> tuple[str, Any]:
    return ("Objective", objective_id) if objective_id else ("KeyResult", key_result_id)


@view_of("alignment", hidden=HIDDEN_ALIGNMENT, key="parent_id")
@strawberry.type(description="Edge of the tree: `child` contributes to or supports `parent`.")
class Alignment:
    parent: Measured = one_of(
        _parent,
        "parent_objective_id",
        "parent_key_result_id",
        description="Objective or key result at the upper end.",
    )
    child: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "child_id", "Objective at the lower end.", seen=True
    )
    kind: AlignmentKind = column(
        "kind", "CONTRIBUTES counts in the parent's progress; SUPPORTS changes no number."
    )
    weight: float = column(
        "weight", "Weight in the parent's means: 0 (does not count), or 0.000001 to 1000000."
    )
