"""GraphQL types of what a roll-over answers of objectives, of their key results and of their alignments."""

import strawberry

from okr_api.graphql.fields import column, documents, one, one_of, view_of
from okr_api.graphql.review_enums import ReviewDecision
from okr_api.graphql.roll_over_enums import (
    AlignmentRollOver,
    KeyResultRollOver,
    LeftOut,
    RollOverOutcome,
)
from okr_api.graphql.types.key_result import KeyResult
from okr_api.graphql.types.measured import Measured
from okr_api.graphql.types.objective import Objective
from okr_api.okr.alignment import AlignmentKind
from okr_api.query_engine.global_ids import node_named

LEFT_OUT = "What does not go on with it; empty if everything does, and if it does not go on itself."


@view_of()
@strawberry.type(description="What a roll-over does with a key result of an objective that goes on.")
class RolledOverKeyResult:
    key_result: KeyResult = one("key_result_id", "Key result of the earlier cycle.")
    outcome: KeyResultRollOver = column("outcome", "What became of it.")
    successor: KeyResult | None = one(
        "successor_id", "Key result in which it goes on; null if it does not, and in a dry run."
    )
    start_value: float | None = column(
        "start_value",
        "Value from which it starts again, in its unit; null if it does not go on, or without one.",
    )
    target_value: float | None = column(
        "target_value", "Target that it has then, in its unit; null if it does not go on, or without one."
    )
    left_out: list[LeftOut] = column("left_out", LEFT_OUT)


@view_of()
@strawberry.type(description="What a roll-over does with an alignment of an objective that goes on.")
class RolledOverAlignment:
    parent: Measured = one_of(
        node_named,
        "parent_type",
        "parent_id",
        description="Objective or key result that the objective of the earlier cycle is aligned to.",
    )
    kind: AlignmentKind = column("kind", "CONTRIBUTES or SUPPORTS; it stays the same.")
    weight: float = column("weight", "Weight in the parent's means; it stays the same.")
    outcome: AlignmentRollOver = column("outcome", "What became of it.")


@view_of()
@strawberry.type(description="What a roll-over does with an objective that was published and not dropped.")
class RolledOverObjective:
    objective: Objective = one("objective_id", "Objective of the earlier cycle.")
    outcome: RollOverOutcome = column("outcome", "What became of it.")
    decision: ReviewDecision | None = column(
        "decision", "What its review decides; null if there is no review."
    )
    successor: Objective | None = one(
        "successor_id",
        "Objective in which it goes on, also one of before; null if it does not, and for what a dry run "
        "would create.",
    )
    left_out: list[LeftOut] = column("left_out", LEFT_OUT)
    key_results: list[RolledOverKeyResult] = documents(
        lambda parts: parts,
        "key_results",
        description="What became of its key results that are not dropped, if it is CARRIED; otherwise empty.",
    )
    alignments: list[RolledOverAlignment] = documents(
        lambda edges: edges,
        "alignments",
        description="What became of its alignments with parents that you see, if it is CARRIED; otherwise "
        "empty.",
    )
