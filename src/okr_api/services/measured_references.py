"""References to an objective or a key result, and what belongs to one of them: load it, as far as visible."""

from typing import Any
from uuid import UUID

from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import NotFound, StateDoesNotFit
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.store.unit_of_work import Work

from .references import Ref, key_result_at, objective_at


async def measured_at(work: Work, ref: Ref) -> tuple[Objective, dict[str, Any]]:
    """Return the objective that a reference names, or that of the key result, and the ids of the two.

    The ids are by `objective_id` and `key_result_id`, of which one is None.
    """
    if ref.node_type is NodeType.KEY_RESULT:
        key_result = await key_result_at(work, ref)
        ids: dict[str, Any] = {"objective_id": None, "key_result_id": key_result.id}
        return work.tree.objectives[key_result.objective_id], ids
    objective = await objective_at(work, ref)
    return objective, {"objective_id": objective.id, "key_result_id": None}


async def holder_of(
    work: Work, objective_id: UUID | None, key_result_id: UUID | None, unseen: NotFound
) -> Objective:
    """Return the objective that something belongs to, by itself or by its key result.

    Raises:
        NotFound: the objective is hidden from the actor; it is `unseen`, the error for what belongs to it.
    """
    node_type = NodeType.OBJECTIVE if objective_id else NodeType.KEY_RESULT
    try:
        objective, _ = await measured_at(work, Ref(objective_id or key_result_id, node_type=node_type))
        return objective
    except NotFound:
        raise unseen from None


def takes_work(work: Work, objective: Objective, ref: Ref) -> None:
    """Check that something can be added to an objective.

    Raises:
        StateDoesNotFit: it is dropped.
        CycleIsInReview: the plan of its cycle can no longer be edited.
        CycleIsClosed: so is the cycle.
    """
    work.tree.cycle_of(objective.id).takes_edits(ref.path)
    if objective.state is ObjectiveState.DROPPED:
        raise StateDoesNotFit(f"{objective.title!r} is dropped; restore it first", path=ref.path)


def takes_records(work: Work, objective: Objective, ref: Ref) -> None:
    """Check that a roadblock or an experiment can be added; known ones can be edited whatever has happened.

    Raises:
        StateDoesNotFit: the objective is dropped.
        CycleIsClosed: its cycle is closed.
    """
    cycle = work.tree.cycle_of(objective.id)
    if cycle.state is CycleState.CLOSED:
        cycle.takes_edits(ref.path)
    if objective.state is ObjectiveState.DROPPED:
        raise StateDoesNotFit(f"{objective.title!r} is dropped; restore it first", path=ref.path)
