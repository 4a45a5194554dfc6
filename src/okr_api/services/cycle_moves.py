"""Moves between cycles: check alignments and due days of the objective; notices of late readings."""

from okr_api.okr.errors import CycleDoesNotEnclose
from okr_api.okr.notice import Notice
from okr_api.okr.objective import Objective
from okr_api.store.tree_loader import load_readings
from okr_api.store.unit_of_work import Work

from .alignments import check_enclosed
from .notices import notice_of_late_readings
from .references import Ref


async def move_to_cycle(work: Work, objective: Objective, named: Ref) -> tuple[Notice, ...]:
    """Check that an objective, which is already in its new cycle, fits it; return notices.

    `named` is the reference to the cycle in the input. Its key results are measured by their readings before
    the new cycle's end, so that later ones are history.

    Raises:
        CycleIsInReview, CycleIsClosed: the cycle's plan cannot be edited.
        CycleDoesNotEnclose: a contribution, its own or one to it, does not fit the cycle.
        InvalidInput: a due day of a key result lies outside the cycle.
    """
    tree = work.tree
    cycle, key_results = tree.cycle_of(objective.id), tree.key_results_of(objective.id)
    cycle.takes_edits(named.path)
    try:
        for alignment in [*tree.alignments_of(objective.id), *tree.served_by(objective.id)]:
            check_enclosed(work, alignment)
    except CycleDoesNotEnclose as refusal:
        raise refusal.under(*named.path) from None
    for key_result in key_results:
        key_result.due_within(cycle, days_from=(named.path, named.path))
    await load_readings(work.connection, tree, [key_result.id for key_result in key_results])
    late = [notice_of_late_readings(tree, cycle, key_result, named.path) for key_result in key_results]
    return tuple(filter(None, late))
