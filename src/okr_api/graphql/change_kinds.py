"""Register the enum `ChangeKind` (`okr/change_kind.py`) in GraphQL, with a description for each kind."""

from strawberry.utils.str_converters import to_camel_case

from okr_api.graphql.enums import describe
from okr_api.okr.change_kind import ChangeKind

# Verbs of change kinds: how a sentence and how the mutation says them.
VERBS = {
    "CREATED": ("created", "Create"),
    "ADDED": ("added", "Add"),
    "UPDATED": ("edited", "Update"),
    "REMOVED": ("removed", "Remove"),
    "DELETED": ("deleted", "Delete"),
    "ARCHIVED": ("archived", "Archive"),
    "RESTORED": ("taken up again", "Restore"),
}


def _described_by_verb() -> dict[str, str]:
    """Return a description of each change kind with a common verb: "Person created by `personCreate`"."""
    found = {}
    for kind in ChangeKind:
        noun, _, verb = kind.rpartition("_")
        if verb in VERBS:
            said, mutation = VERBS[verb]
            found[kind.name] = (
                f"{noun.replace('_', ' ').capitalize()} {said} by `{to_camel_case(noun.lower())}{mutation}`."
            )
    return found


describe(
    ChangeKind,
    "What a change did, and the mutation that caused it; or what fell due by the clock.",
    _described_by_verb(),
    ORGANIZATION_CREATED="Organisation created. Reserved: creating one appends no change at present.",
    ORGANIZATION_UPDATED="Organisation edited by `organizationUpdate`, or its stored numbers repaired by an "
    "operator.",
    PERSON_REMOVED="Person deactivated by `personRemove`.",
    TEAM_UPDATED="Team edited or moved by `teamUpdate`.",
    CYCLES_GENERATED="Year, which is the node, with its four quarters created by `cyclesGenerate`.",
    CYCLE_CREATED="Cycle created as a draft by `cycleCreate`.",
    CYCLE_ACTIVATED="Cycle begun, or returned from review, by `cycleActivate`; before its end this hides "
    "scores.",
    CYCLE_REVIEW_BEGUN="Cycle put in review by `cycleReview`; from now on scores are shown.",
    CYCLE_CLOSED="Cycle closed and graded by `cycleClose`.",
    CYCLE_REOPENED="Closed cycle put back in review by `cycleReopen`.",
    CYCLE_ROLLED_OVER="Objectives of an earlier cycle carried over into this one, which is the node, by "
    "`cycleRollOver`.",
    OBJECTIVE_PUBLISHED="Draft published by `objectivePublish`.",
    OBJECTIVE_PAUSED="Objective paused by `objectivePause`.",
    OBJECTIVE_DROPPED="Objective dropped by `objectiveDrop`.",
    OBJECTIVE_REPLACED="Objective, which is the node, dropped for a successor by `objectiveReplace`.",
    OBJECTIVE_RESTORED="Paused or dropped objective taken up again by `objectiveRestore`.",
    OBJECTIVE_ALIGNED="Alignment with a parent added or changed by `objectiveAlign`.",
    OBJECTIVE_UNALIGNED="Alignment with a parent removed by `objectiveUnalign`.",
    OBJECTIVE_MOVED="Objective moved to another parent, or to none, by `objectiveMove`.",
    OBJECTIVE_GRADED="Objective graded by `objectiveGrade`.",
    KEY_RESULT_MOVED="Key result moved to another objective by `keyResultMove`.",
    KEY_RESULT_PAUSED="Key result paused by `keyResultPause`.",
    KEY_RESULT_DROPPED="Key result dropped by `keyResultDrop`.",
    KEY_RESULT_RESTORED="Paused or dropped key result taken up again by `keyResultRestore`.",
    KEY_RESULT_GRADED="Key result graded by `keyResultGrade`.",
    CHECK_IN_RECORDED="Check-ins recorded or corrected by `checkInRecord` or `checkInRecordMany`, or "
    "published by `checkInPublish`, which deletes the draft.",
    CHECK_IN_RETRACTED="Check-in retracted by `checkInRetract`.",
    METRIC_READING_RECORDED="Readings of metrics recorded or corrected by `metricReadingRecord` or "
    "`metricReadingRecordMany`.",
    METRIC_READING_RETRACTED="Reading of a metric retracted by `metricReadingRetract`.",
    CYCLE_BEGUN="First instant of a cycle, whatever its state; by the clock.",
    CYCLE_ENDED="First instant after the last day of a cycle, whatever its state; by the clock.",
    STATUS_TURNED="Statuses that changed by time alone, such as to AT_RISK: those of one instant, at "
    "most 200 together, as `deltas`; by the clock.",
    CHECK_IN_DUE="A check-in on the node, a key result or an objective with a cadence of its own, is due and "
    "not made yet; by the clock.",
    CHECK_IN_LATE="No check-in was made while it would have been on time; by the clock.",
    CHECK_IN_MISSED="No check-in was made in the window of a slot; by the clock.",
    WEBHOOK_DISABLED="A webhook of the node, a person, was disabled, as its changes could not be delivered "
    "for long; by the clock.",
    FOLLOW_BEGUN="Following of an objective, a key result or a team begun by `follow`.",
    FOLLOW_ENDED="Following ended by `unfollow`; also of what was not followed.",
    EXPERIMENT_STARTED="Planned experiment started by `experimentStart`.",
    EXPERIMENT_CONCLUDED="Running experiment concluded, with an outcome, by `experimentConclude`.",
    EXPERIMENT_ABANDONED="Planned or running experiment abandoned by `experimentAbandon`.",
    ROADBLOCK_CREATED="Roadblock raised by `roadblockCreate`.",
    ROADBLOCK_RESOLVED="Roadblock resolved by `roadblockResolve`.",
    ROADBLOCK_REOPENED="Resolved roadblock opened again by `roadblockReopen`.",
    ROADBLOCK_ESCALATED="Roadblock escalated to a person, or no longer, by `roadblockEscalate`.",
    MEETING_RECORDED="Meeting recorded, perhaps with decisions, by `meetingRecord`.",
    REVIEW_RECORD_CREATED="Review of an objective recorded by `reviewRecord`.",
    PULSE_OPENED="Pulse of a cycle opened by `pulseOpen`.",
    PULSE_CLOSED="Pulse closed by `pulseClose`; its results are there if enough people answered.",
    IMPORTED="Data imported by an operator with `okr-api import`.",
)
