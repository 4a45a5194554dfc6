"""GraphQL type `Adjustment`: what was retargeted, paused, dropped or replaced in a cycle, by whom and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from okr_api.graphql.fields import column, documents, one_of, same, view_of
from okr_api.graphql.types.measured import Measured
from okr_api.graphql.types.people import Actor
from okr_api.graphql.types.target_revision import TargetRevision, revisions_of
from okr_api.graphql.work_enums import AdjustmentKind
from okr_api.query_engine.adjustments import ADJUSTMENTS
from okr_api.query_engine.global_ids import node_named
from okr_api.store.hidden_rows import HIDDEN_KEY_RESULT


def _revision(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if stored is None else revisions_of([stored])[0]


@view_of(ADJUSTMENTS, hidden=HIDDEN_KEY_RESULT)  # by the column `objective_id`, as of key results
@strawberry.type(
    description="A change by which the plan of a cycle was adjusted after the cycle had begun. It is listed "
    "also where it was undone later."
)
class Adjustment:
    at: datetime = column("at", "When it was made.")
    kind: AdjustmentKind = column("kind", "What was done.")
    actor: Actor = same("Person or service that made it.")
    reason: str | None = column(
        "reason", "Why; null if no reason was given, which only a revision that eases nothing may lack."
    )
    node: Measured = one_of(
        node_named,
        "node_type",
        "node_id",
        description="Objective or key result that was adjusted, as it is now. `replacedBy` of an objective "
        "is its successor.",
    )
    revision: TargetRevision | None = documents(
        _revision, "revision", description="What a RETARGETED key result had to reach, and has to now."
    )
