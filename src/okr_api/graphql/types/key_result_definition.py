"""Base of the type `KeyResult`: measure, values, milestones, role, weight, and revisions of the target."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql import values_at_time
from okr_api.graphql.fields import column, derived, documents, external_id, global_id, one
from okr_api.graphql.types.comment import CommentsOfKeyResult
from okr_api.graphql.types.follow import FollowersOfKeyResult
from okr_api.graphql.types.grade import GradeOfMeasured
from okr_api.graphql.types.milestone import Milestone, milestones_with_done
from okr_api.graphql.types.people import Person
from okr_api.graphql.types.target_revision import (
    TargetRevision,
    judgement_of,
    original_target_of,
    revisions_of,
)
from okr_api.okr.entity import NodeType
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.measure import JudgedBy, KeyResultMeasure

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult


@strawberry.type
class KeyResultDefinition(CommentsOfKeyResult, FollowersOfKeyResult, GradeOfMeasured):
    """Base of the type of key results."""

    id: strawberry.ID = global_id(NodeType.KEY_RESULT)
    external_id: str | None = external_id()
    measure: KeyResultMeasure = column("measure", "How check-in values become progress.")
    unit: str | None = column("unit", "Unit of all its values, such as `%` or `EUR`; null if it has none.")
    start_value: float | None = derived(
        lambda defined, counted: defined if defined is not None else counted,
        "start_value",
        "counted_from",
        sql="coalesce({row}.start_value, {row}.counted_from)",
        description="Starting value, in `unit`: progress counts from it. INCREASE and DECREASE without one "
        "take the first reading; otherwise null.",
    )
    target_value: float | None = column(
        "target_value",
        "Value to reach (0.7 for ZONES), or the limit of AT_LEAST and AT_MOST, in `unit`. Null "
        "for other measures.",
    )
    lower_bound: float | None = column(
        "lower_bound", "Lowest value inside the range of WITHIN, in `unit`; null for other measures."
    )
    upper_bound: float | None = column(
        "upper_bound", "Highest value inside the range of WITHIN, in `unit`; null for other measures."
    )
    commit_value: float | None = column(
        "commit_value", "Value of ZONES that scores 0.3, in `unit`; null for other measures."
    )
    stretch_value: float | None = column(
        "stretch_value", "Value of ZONES that scores 1, in `unit`; null for other measures."
    )
    milestones: list[Milestone] = documents(
        milestones_with_done,
        "milestones",
        "milestones_done",
        description="Milestones in order; empty unless the measure is MILESTONES.",
    )
    current_value: float | None = column(
        "current_value",
        "Value of the reading with the latest `effectiveAt`, in `unit`; null before the first "
        "reading and for MILESTONES. Readings after the cycle's last day are ignored. With a `formula`, what "
        "it computes.",
    )
    judged_by: JudgedBy | None = derived(
        judgement_of,
        "measure",
        "judged_by",
        description="How a limit becomes progress: by its latest reading, or by the share of time in which "
        "it held. Null for other measures.",
    )
    role: KeyResultRole = column(
        "role", "DRIVER adds to the objective's progress; GUARD_RAIL is a limit that must not be harmed."
    )
    broken_budget: float | None = column(
        "broken_budget",
        "Share of the time, 0 to 1, for which a guard-rail may be broken. Null for no limit and for drivers.",
    )
    broken_share: float | None = derived(
        lambda held: None if held is None else 1.0 - held,
        "held_share",
        description="Share of the time from the first to the latest reading in which the limit was broken, 0 "
        "to 1. Null where `withinLimit` is.",
    )
    check_in_owner: Person | None = one(
        "check_in_owner_id", "Person who checks in; null if that is the owner."
    )
    start_confidence: float | None = column(
        "start_confidence", "Confidence at the start, 0 to 1; applies until a check-in states one."
    )
    labels: list[str] = column("labels", "Labels of your own.")
    target_revisions: list[TargetRevision] = documents(
        revisions_of,
        "target_revisions",
        description="Changes of what it must reach since its cycle began, oldest first; at most 100.",
    )
    original_target_value: float | None = derived(
        original_target_of,
        "target_value",
        "target_revisions",
        description="`targetValue` before the first revision; the present one if there was none.",
    )
    progress_against_original: float | None = derived(
        values_at_time.by_original,
        "progress",
        "original_progress",
        "target_revisions",
        description="Progress of the same readings by what was to be reached before the first revision. Null "
        "if `progress` is, or if something else is measured now.",
    )
    score_against_original: float | None = derived(
        values_at_time.original_score_at,
        "score_at_end",
        "original_score_at_end",
        "target_revisions",
        "cycle_ends_at",
        clock=True,
        description="Score by what was to be reached before the first revision. Null before the cycle ends "
        "or is in review.",
    )
    carried_from: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "carried_from_id",
        "Key result of an earlier cycle that goes on in this one, by `cycleRollOver`; null if there is none, "
        "or if you cannot see that one.",
    )
    carried_to: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "carried_to_id",
        "Key result of a later cycle in which it goes on, the latest if there are several; null if there is "
        "none, or if you cannot see that one.",
    )
    lineage_start_value: float | None = column(
        "lineage_start_value",
        "Value from which the first key result of its lineage started, in `unit`: an objective of a longer "
        "cycle counts from it. Null if it was not carried over, or not within a longer cycle.",
    )
    weight: float = column(
        "weight", "Weight in the objective's means: 0 (does not count), or 0.000001 to 1000000."
    )
    due_on: date | None = column(
        "due_on", "Last day to reach it, in the organisation's time zone; null for the last day of the cycle."
    )
