"""GraphQL types of eased targets: revisions by which a target came nearer."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import column, documents, one, view_of
from okr_api.graphql.types.target_revision import TargetRevision, revisions_of

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult


@view_of()
@strawberry.type(description="A revision that eased what a key result had to reach.")
class EasedTarget:
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] = one(
        "key_result_id", "The key result."
    )
    revision: TargetRevision = documents(
        lambda revision: revisions_of([revision])[0], "revision", description="The revision."
    )


@view_of()
@strawberry.type(description="Revisions that eased targets in a cycle, since it began.")
class EasedTargets:
    nodes: list[EasedTarget] = documents(
        lambda nodes: nodes, "nodes", description="Those that you may see, the latest first; at most 100."
    )
    total_count: int = column("total_count", "Number of all, the same for everybody.")
    hidden_count: int = column("hidden_count", "Number of those that you may not see.")
