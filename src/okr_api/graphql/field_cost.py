"""Cost of fields that compute: a fixed one, and how often they look at every objective of a cycle."""

from collections.abc import Mapping

from okr_api.graphql.discussion_cost import DISCUSSION_LEAVES, PREVIEW_COST

COACH_COST = 100  # of a draft
COACHING_COST = 10  # of each objective, key result or cycle
LOOKS_OF_CYCLE_COACHING = 5  # at every objective of the cycle
PATHS_COST = 20  # of each objective or key result
DOUBLE_COUNTS_COST = 20  # of each cycle
LOOKS_OF_DOUBLE_COUNTS = 10  # at every objective of the cycle
EASED_TARGETS_COST = 2  # of each cycle
LOOKS_OF_EASED_TARGETS = 4  # at every objective of the cycle: at its key results
CYCLE_SUMMARY_COST = 5  # of each cycle
LOOKS_OF_CYCLE_SUMMARY = 12  # at every objective of the cycle: at its key results as well
RHYTHM_COST = 10  # of each summary, of a cycle or a team
LOOKS_OF_RHYTHM = 40  # at every objective of the cycle: at the slots of its key results
FORECAST_COST = 3  # of each key result
SNAPSHOTS_COST = 5  # of each check-in on an objective
DESCENDANTS_COST = 1  # of each objective
ACTIVITY_COST = 5  # of each node
DIGEST_COST = 200
NOTIFICATIONS_COST = 10
UNREAD_COST = 5
MY_WORK_COST = 100
WEBHOOK_DRY_RUN_COST = 200
AGENDA_COST = 300
SUMMARY_COST = 1  # of each change
RELATED_LESSONS_COST = 20  # of each objective
HIGHLIGHTS_COST = 1  # of each lesson
EFFECT_COST = 3  # of each experiment
CALIBRATION_COST = 10  # of each person, team or organisation
LOOKS_OF_CALIBRATION = 8  # of the organisation, at every objective of a cycle: at its check-ins, in each
HISTORY_COST = 20  # of each node, with all beneath it
SLOTS_COST = 5  # of each node, whose slots are computed
WITH_SLOTS = ("Objective", "KeyResult", "Measured")

_WITH_ACTIVITY = ("Objective", "KeyResult", "Measured", "Team", "Person", "Organization")
# Fields by parent type and name, with what each costs, and how often it looks at every objective of a cycle.
FIXED: Mapping[tuple[str, str], tuple[int, int]] = {
    ("Query", "coach"): (COACH_COST, 0),
    ("Objective", "coaching"): (COACHING_COST, 0),
    ("KeyResult", "coaching"): (COACHING_COST, 0),
    ("Cycle", "coaching"): (COACHING_COST, LOOKS_OF_CYCLE_COACHING),
    ("Objective", "paths"): (PATHS_COST, 0),
    ("KeyResult", "paths"): (PATHS_COST, 0),
    ("Measured", "paths"): (PATHS_COST, 0),
    **{(of, "checkInSlots"): (SLOTS_COST, 0) for of in WITH_SLOTS},
    **{(of, "history"): (HISTORY_COST, 0) for of in ("Objective", "KeyResult", "Measured")},
    ("Cycle", "doubleCounts"): (DOUBLE_COUNTS_COST, LOOKS_OF_DOUBLE_COUNTS),
    ("KeyResult", "forecast"): (FORECAST_COST, 0),
    ("CheckIn", "keyResultSnapshots"): (SNAPSHOTS_COST, 0),
    ("Cycle", "easedTargets"): (EASED_TARGETS_COST, LOOKS_OF_EASED_TARGETS),
    ("Cycle", "summary"): (CYCLE_SUMMARY_COST, LOOKS_OF_CYCLE_SUMMARY),
    ("CycleSummary", "rhythm"): (RHYTHM_COST, LOOKS_OF_RHYTHM),
    ("TeamSummary", "rhythm"): (RHYTHM_COST, LOOKS_OF_RHYTHM),
    ("Query", "digest"): (DIGEST_COST, 0),
    ("Query", "myWork"): (MY_WORK_COST, 0),
    ("Query", "webhookDryRun"): (WEBHOOK_DRY_RUN_COST, 0),
    ("Query", "checkInAgenda"): (AGENDA_COST, 0),
    **{(kind, "activity"): (ACTIVITY_COST, 0) for kind in _WITH_ACTIVITY},
    ("Query", "commentPreview"): (PREVIEW_COST, 0),
    ("Viewer", "notifications"): (NOTIFICATIONS_COST, 0),
    ("Objective", "relatedLessons"): (RELATED_LESSONS_COST, 0),
    ("Lesson", "highlights"): (HIGHLIGHTS_COST, 0),
    ("Experiment", "measuredEffect"): (EFFECT_COST, 0),
    **{(of, "calibration"): (CALIBRATION_COST, 0) for of in ("Person", "Team")},
    ("Organization", "calibration"): (CALIBRATION_COST, LOOKS_OF_CALIBRATION),
}
LEAVES: Mapping[tuple[str, str], int] = {
    ("Objective", "descendantCount"): DESCENDANTS_COST,
    ("Change", "summary"): SUMMARY_COST,
    **{(of, leaf): SLOTS_COST for of in WITH_SLOTS for leaf in ("nextCheckInDueAt", "onTimeShare")},
    ("NotificationConnection", "unreadCount"): UNREAD_COST,
    **DISCUSSION_LEAVES,
}
