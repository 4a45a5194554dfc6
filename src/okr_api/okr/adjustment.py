"""Adjustments of the plan of a cycle: kinds, and the changes that paused, dropped or replaced something."""

from collections.abc import Mapping
from enum import StrEnum

from .change_kind import ChangeKind


class AdjustmentKind(StrEnum):
    """How a plan was adjusted after its cycle had begun."""

    RETARGETED = "RETARGETED"
    PAUSED = "PAUSED"
    DROPPED = "DROPPED"
    REPLACED = "REPLACED"


# Changes that adjust; targets are adjusted by revisions, which key results keep themselves.
OF_CHANGES: Mapping[ChangeKind, AdjustmentKind] = {
    ChangeKind.OBJECTIVE_PAUSED: AdjustmentKind.PAUSED,
    ChangeKind.OBJECTIVE_DROPPED: AdjustmentKind.DROPPED,
    ChangeKind.OBJECTIVE_REPLACED: AdjustmentKind.REPLACED,
    ChangeKind.KEY_RESULT_PAUSED: AdjustmentKind.PAUSED,
    ChangeKind.KEY_RESULT_DROPPED: AdjustmentKind.DROPPED,
}
ADJUSTING = ", ".join(f"'{kind}'" for kind in OF_CHANGES)
