"""GraphQL types `TargetRevision` and `MeasureDefinition`, and stored revisions as they read them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from okr_api.graphql.fields import column, documents, same, view_of
from okr_api.graphql.types.milestone import day_of
from okr_api.graphql.types.people import Actor
from okr_api.okr.measure import JudgedBy, KeyResultMeasure, Measure


@view_of()
@strawberry.type(description="A milestone as a measure defines it.")
class MilestoneDefinition:
    key: str = column("key", "Key of the milestone, unique within its key result.")
    name: str = column("name", "What is to be done.")
    weight: float = column("weight", "Weight in the key result's progress.")
    due_on: date | None = column("due_on", "Last day to finish it; null if it has none of its own.")


@view_of()
@strawberry.type(
    description="What a key result had to reach, and from where. What the measure does not use is null."
)
class MeasureDefinition:
    measure: KeyResultMeasure = column("measure", "How check-in values become progress.")
    unit: str | None = column("unit", "Unit of all values.")
    start_value: float | None = column("start_value", "Value at which progress is 0.")
    target_value: float | None = column("target_value", "Value to reach, or the limit to keep.")
    lower_bound: float | None = column("lower_bound", "Lowest value inside the range.")
    upper_bound: float | None = column("upper_bound", "Highest value inside the range.")
    commit_value: float | None = column("commit_value", "Value of ZONES that scores 0.3.")
    stretch_value: float | None = column("stretch_value", "Value of ZONES that scores 1.")
    judged_by: JudgedBy | None = column(
        "judged_by", "How a limit becomes progress; null for the default of its measure."
    )
    milestones: list[MilestoneDefinition] = documents(
        lambda steps: [{**step, "due_on": day_of(step["dueOn"])} for step in steps],
        "milestones",
        description="Milestones in order.",
    )


@view_of()
@strawberry.type(
    description="A change of what a key result must reach, made after its cycle had begun: start, target, "
    "zones, bounds or milestones."
)
class TargetRevision:
    at: datetime = column("at", "When it was made.")
    actor: Actor = same("Person or service that made it.")
    reason: str | None = column("reason", "Why; null if no reason was given.")
    eased: bool = column(
        "eased", "Whether the same readings look better by it, such as by a nearer target. Needs a reason."
    )
    before: MeasureDefinition = documents(
        lambda measure: measure, "before", description="What was to be reached before."
    )
    after: MeasureDefinition = documents(
        lambda measure: measure, "after", description="What was to be reached from then on."
    )


def revisions_of(stored: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the stored revisions as their type reads them: with an instant, and ids as hex digits."""
    return [
        {
            **revision,
            "at": datetime.fromisoformat(revision["at"]),
            "author_person_id": revision["author_person_id"] and UUID(revision["author_person_id"]).hex,
        }
        for revision in stored
    ]


def judgement_of(measure: str, judged_by: str | None) -> JudgedBy | None:
    """Return how a limit is judged; None for other measures."""
    return Measure(KeyResultMeasure(measure), judged_by=JudgedBy(judged_by) if judged_by else None).judgement


def original_target_of(target: float | None, revisions: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the target value before the first revision."""
    return revisions[0]["before"]["target_value"] if revisions else target
