"""GraphQL enums of roll-overs: outcomes of objectives, key results and alignments, described."""

from okr_api.graphql.enums import describe
from okr_api.okr.roll_over import AlignmentRollOver, KeyResultRollOver, LeftOut, RollOverOutcome

__all__ = ["AlignmentRollOver", "KeyResultRollOver", "LeftOut", "RollOverOutcome"]

describe(
    RollOverOutcome,
    "What a roll-over does with an objective, or why it does nothing.",
    CARRIED="It goes on as a draft of the later cycle.",
    ALREADY_CARRIED="It was carried over before: into this cycle, or into another one and not dropped there.",
    SKIPPED="An item says that it is skipped.",
    NOT_REVIEWED="No review says whether it goes on, and no item names it.",
    DECIDED_OTHERWISE="Its review says ACHIEVED, DEFER or ABANDON, and no item names it.",
    NOT_PERMITTED="It would go on, but you may not edit it.",
)
describe(
    KeyResultRollOver,
    "What a roll-over does with a key result of an objective that goes on, or why it does nothing.",
    CARRIED="It goes on as a key result of the successor.",
    SKIPPED="An item says that it is skipped.",
    TARGET_REACHED="Nothing is left to reach, and no item gives it a further `targetValue`.",
    NOT_MEASURABLE="Its measure, which was imported, cannot be measured; define it anew.",
)
describe(
    AlignmentRollOver,
    "Outcome of an alignment of an objective that goes on.",
    KEPT="The successor is aligned to the same parent, which is of another cycle.",
    REMAPPED="The successor is aligned to the successor of the parent.",
    PARENT_NOT_CARRIED="The parent is of the earlier cycle and does not go on.",
    PARENT_DROPPED="The parent is dropped.",
    CYCLE_TAKES_NO_EDITS="The cycle of the parent is in review or closed.",
    CYCLE_DOES_NOT_ENCLOSE="The cycle of the parent does not enclose the later cycle, so that the successor "
    "cannot contribute to it.",
)
describe(
    LeftOut,
    "Part of an objective or a key result that does not go on with it.",
    OWNER="The owner has left.",
    CONTRIBUTORS="Contributors have left.",
    SHARED_WITH="People with whom it is shared have left.",
    PRIORITIES="Strategic priorities are archived or deleted.",
    CHECK_IN_OWNER="The person who checks in has left.",
    METRIC="The metric is deleted, or too many key results are bound to it.",
    FORMULA="Not all key results of the formula go on.",
)
