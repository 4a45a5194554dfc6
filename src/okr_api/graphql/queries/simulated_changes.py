"""Input of simulations: a change is the input of one of the mutations, whose resolver is run with it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import strawberry

from okr_api.graphql.mutations.check_ins import CheckInRecordInput, CheckInRetractInput, CheckInsMutation
from okr_api.graphql.mutations.cycles import (
    CycleActivateInput,
    CycleCloseInput,
    CycleReopenInput,
    CycleReviewInput,
    CyclesMutation,
    CycleUpdateInput,
)
from okr_api.graphql.mutations.inputs import unchanged
from okr_api.graphql.mutations.key_result_inputs import (
    KeyResultCreateInput,
    KeyResultDropInput,
    KeyResultMoveInput,
    KeyResultPauseInput,
    KeyResultRestoreInput,
    KeyResultUpdateInput,
)
from okr_api.graphql.mutations.key_results import KeyResultsMutation
from okr_api.graphql.mutations.objective_lifecycle import (
    ObjectiveAlignInput,
    ObjectiveDropInput,
    ObjectiveLifecycleMutation,
    ObjectiveMoveInput,
    ObjectivePauseInput,
    ObjectivePublishInput,
    ObjectiveRestoreInput,
    ObjectiveUnalignInput,
)
from okr_api.graphql.mutations.objectives import (
    ObjectiveCreateInput,
    ObjectivesMutation,
    ObjectiveUpdateInput,
)

Resolver = Callable[..., Awaitable[Any]]
CLASSES = (
    ObjectivesMutation,
    ObjectiveLifecycleMutation,
    KeyResultsMutation,
    CheckInsMutation,
    CyclesMutation,
)


def _as(mutation: str) -> Any:
    return unchanged(f"As `{mutation}` would do it; its `idempotencyKey` is not looked at.")


@strawberry.input(one_of=True, description="A change to simulate: give the input of exactly one mutation.")
class SimulatedChange:
    objective_create: ObjectiveCreateInput | None = _as("objectiveCreate")
    objective_update: ObjectiveUpdateInput | None = _as("objectiveUpdate")
    objective_publish: ObjectivePublishInput | None = _as("objectivePublish")
    objective_pause: ObjectivePauseInput | None = _as("objectivePause")
    objective_drop: ObjectiveDropInput | None = _as("objectiveDrop")
    objective_restore: ObjectiveRestoreInput | None = _as("objectiveRestore")
    objective_align: ObjectiveAlignInput | None = _as("objectiveAlign")
    objective_unalign: ObjectiveUnalignInput | None = _as("objectiveUnalign")
    objective_move: ObjectiveMoveInput | None = _as("objectiveMove")
    key_result_create: KeyResultCreateInput | None = _as("keyResultCreate")
    key_result_update: KeyResultUpdateInput | None = _as("keyResultUpdate")
    key_result_move: KeyResultMoveInput | None = _as("keyResultMove")
    key_result_pause: KeyResultPauseInput | None = _as("keyResultPause")
    key_result_drop: KeyResultDropInput | None = _as("keyResultDrop")
    key_result_restore: KeyResultRestoreInput | None = _as("keyResultRestore")
    check_in_record: CheckInRecordInput | None = _as("checkInRecord")
    check_in_retract: CheckInRetractInput | None = _as("checkInRetract")
    cycle_update: CycleUpdateInput | None = _as("cycleUpdate")
    cycle_activate: CycleActivateInput | None = _as("cycleActivate")
    cycle_review: CycleReviewInput | None = _as("cycleReview")
    cycle_close: CycleCloseInput | None = _as("cycleClose")
    cycle_reopen: CycleReopenInput | None = _as("cycleReopen")


def resolvers_of(*classes: Any) -> Mapping[str, Resolver]:
    """Return the resolvers of root fields by Python name."""
    return {
        field.python_name: field.base_resolver.wrapped_func
        for one in classes
        for field in one.__strawberry_definition__.fields
    }


MUTATIONS = resolvers_of(*CLASSES)
