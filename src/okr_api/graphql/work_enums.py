"""GraphQL enums of slots, adjustments, what people owe, and records such as initiatives, described."""

from enum import StrEnum

from okr_api.graphql.enums import describe, describe_input
from okr_api.okr.adjustment import AdjustmentKind
from okr_api.okr.cadence import Weekday
from okr_api.okr.check_in_agenda import AgendaSectionKind
from okr_api.okr.check_in_slots import CheckInSlotState
from okr_api.okr.decision import DecisionState
from okr_api.okr.dependency import DependencyState
from okr_api.okr.experiment import ExperimentOutcome, ExperimentState
from okr_api.okr.initiative import InitiativeState
from okr_api.okr.my_work import WorkKind
from okr_api.okr.roadblock import RoadblockState, RoadblockType
from okr_api.scoring.experiment_effect import EffectComparison, EffectReason

__all__ = [
    "AdjustmentKind",
    "AgendaSectionKind",
    "CheckInSlotState",
    "DecisionState",
    "DependencySide",
    "DependencyState",
    "EffectComparison",
    "EffectReason",
    "ExperimentOutcome",
    "ExperimentState",
    "InitiativeState",
    "RoadblockState",
    "RoadblockType",
    "Weekday",
    "WorkKind",
]


class DependencySide(StrEnum):
    """Side of a dependency on which a team is."""

    GIVING = "GIVING"
    NEEDING = "NEEDING"


describe(
    InitiativeState,
    "State of an initiative; any can follow any other, and none changes a number.",
    TODO="Not begun.",
    DOING="In progress.",
    DONE="Finished.",
    DROPPED="Given up.",
)
describe(
    DependencyState,
    "State of a dependency; any can follow any other, and none changes a number.",
    OPEN="Asked for; nothing is agreed.",
    AGREED="The giving side has agreed to give it.",
    DELIVERED="Given.",
    FAILED="It was not given, or will not be.",
)
describe_input(
    DependencySide,
    "Side of a dependency on which a team is.",
    GIVING="What the team is to give to others.",
    NEEDING="What the team's objectives and key results need of other teams.",
)
describe(
    AdjustmentKind,
    "How the plan of a cycle was adjusted after the cycle had begun.",
    RETARGETED="What a key result must reach was changed.",
    PAUSED="An objective or a key result was paused.",
    DROPPED="An objective or a key result was dropped.",
    REPLACED="An objective was dropped for a successor.",
)
describe(
    Weekday,
    "Day of the week.",
    **{weekday.name: f"{weekday.title()}." for weekday in Weekday},
)
describe(
    CheckInSlotState,
    "What became of a check-in that is due, as of now.",
    UPCOMING="Its window is not open yet.",
    DUE="Its window is open, and nothing has met it.",
    ON_TIME="Met by a check-in before the end of the tolerance.",
    LATE="The tolerance has ended: met by a check-in after it, or not met and still open.",
    MISSED="Its window has closed, and nothing met it.",
    EXCUSED="Not met, and who owed it is absent on its day. It is owed by the delegate, if there is one.",
)
describe(
    RoadblockType,
    "What would remove a roadblock, or what it is made of.",
    DEPENDENCY="Something that another team has to give.",
    RESOURCE="People, time or money are missing.",
    DECISION="Somebody has to decide something.",
    TECHNICAL="Something does not work, or nobody knows how to build it.",
    PRIORITY="Other work comes first.",
    EXTERNAL="It lies outside of the organisation, as with a supplier or an authority.",
    OTHER="Anything else.",
)
describe(
    RoadblockState,
    "State of a roadblock.",
    OPEN="It stands in the way.",
    RESOLVED="It does not any more; `resolution` says how that was reached.",
)
describe(
    DecisionState,
    "State of a decision; any can follow any other.",
    OPEN="Decided, and not carried out yet.",
    DONE="Carried out.",
    DROPPED="Given up, or replaced by another decision.",
)
describe(
    WorkKind,
    "What somebody owes.",
    CHECK_IN="A check-in whose window is open, also as the delegate of somebody who is absent today.",
    CHECK_IN_DRAFT="The draft of a check-in that waits for them to publish it.",
    ROADBLOCK="An open roadblock that they own, or that was escalated to them.",
    DECISION="An open decision that they own.",
    DEPENDENCY="What another team needs of theirs, OPEN or AGREED, as its owner on the giving side.",
    INITIATIVE="An initiative that they own, TODO or DOING.",
    MENTION="A comment that mentions them, to which they have not reacted, and on whose node they have not "
    "commented since.",
    REVIEW="An objective that they own, without a review, whose cycle is in REVIEW, where the organisation "
    "requires reviews.",
)
describe(
    AgendaSectionKind,
    "Section of the agenda of a check-in meeting.",
    OPEN_DECISIONS="Open decisions of earlier meetings of the team.",
    CHECK_INS_DUE="Key results, and objectives with a cadence of their own, whose check-in is due, or "
    "overdue, or was missed and the next window is not open. An excused one is left out once its window has "
    "closed.",
    DROPPED="Key results and objectives whose confidence or reported status fell since the last meeting.",
    STUCK="Key results short of their target whose value has not changed for two check-ins that were due: of "
    "INCREASE, DECREASE, ZONES and MILESTONES.",
    BLOCKED="Open roadblocks on the objectives and key results.",
    DIVERGENT="Key results and objectives whose reported status is another one than their numbers say.",
    DEPENDENCIES_DUE="What the team is to give, or needs, within 14 days, or should have been given before.",
    WON="Key results that reached their target, and objectives that reached a progress of 1, since the last "
    "meeting.",
)
describe(
    ExperimentState,
    "State of an experiment.",
    PLANNED="Not started.",
    RUNNING="What it changes is in force since `startedOn`.",
    CONCLUDED="Over, with an outcome.",
    ABANDONED="Over without an outcome; `conclusion` may say why.",
)
describe(
    ExperimentOutcome,
    "What people concluded from an experiment; no number decides it.",
    CONFIRMED="What the hypothesis says has happened.",
    REFUTED="It has not.",
    INCONCLUSIVE="Nobody can tell.",
)
describe(
    EffectComparison,
    "How the effect of an experiment was measured.",
    MEAN_DURING_MINUS_MEAN_BEFORE="Mean of the readings while it ran, minus the mean of those in as many "
    "days before. This is naive: whatever else changed in that time is part of it, and so is a trend from "
    "before.",
)
describe(
    EffectReason,
    "Why no effect was measured; the first that applies.",
    NOT_STARTED="The experiment has not started.",
    MEASURE_TAKES_NO_NUMBER="Values of BOOLEAN and MILESTONES have no mean.",
    COMPUTED_BY_FORMULA="The key result is computed by a formula and has no readings of its own.",
    TOO_FEW_READINGS_DURING="Fewer than two readings while it ran.",
    TOO_FEW_READINGS_BEFORE="Fewer than two readings in as many days before.",
)
