"""What mutations of key results take."""

from datetime import date

import strawberry

from okr_api.graphql.mutations.inputs import (
    Naming,
    Retryable,
    given,
    perhaps,
    unchanged,
)
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone

MEASURE_FIELDS = (
    "unit",
    "start_value",
    "target_value",
    "lower_bound",
    "upper_bound",
    "commit_value",
    "stretch_value",
)


@strawberry.input(description="One step of MILESTONES.")
class MilestoneInput:
    """A milestone."""

    name: str = given("What is to be done, 1 to 200 characters.")
    key: str | None = perhaps(
        "Names it within its key result, 1 to 200 characters; its place, from 1, by default."
    )
    weight: float = strawberry.field(default=1.0, description="Its share: 0, or 0.000001 to 1000000.")
    due_on: date | None = perhaps("The day by whose end it is to be done.")


@strawberry.input(description="Creates a key result.")
class KeyResultCreateInput(Retryable):
    """Input."""

    objective_id: strawberry.ID | None = perhaps("The objective that it measures.")
    objective_external_id: str | None = perhaps("The same by its external id.")
    title: str = given("What is to come out, 1 to 500 characters.")
    description: str | None = perhaps("More about it, at most 10,000 characters.")
    measure: KeyResultMeasure = given("The way from readings to progress.")
    unit: str | None = perhaps("The unit of all its values, at most 40 characters.")
    start_value: float | None = perhaps("Where it begins; the first reading by default. Needed for ZONES.")
    target_value: float | None = perhaps("Where it is to get; the limit of AT_LEAST and AT_MOST.")
    lower_bound: float | None = perhaps("The least allowed value of WITHIN.")
    upper_bound: float | None = perhaps("The greatest allowed value of WITHIN.")
    commit_value: float | None = perhaps("The value of ZONES that is promised.")
    stretch_value: float | None = perhaps("The value of ZONES that would be a triumph.")
    milestones: list[MilestoneInput] | None = perhaps("The steps of MILESTONES, at most 100.")
    weight: float = strawberry.field(default=1.0, description="Its weight: 0, or 0.000001 to 1000000.")
    due_on: date | None = perhaps("The day by whose end it is due, within the cycle; its last by default.")
    owner_id: strawberry.ID | None = perhaps("The one who answers for it.")
    owner_external_id: str | None = perhaps("The same by their external id.")
    external_id: str | None = perhaps("The id that your systems know the key result by.")


@strawberry.input(description="Changes a key result.")
class KeyResultUpdateInput(Naming):
    """Input."""

    title: str | None = unchanged("What is to come out.")
    description: str | None = unchanged("More about it; null takes it away.")
    measure: KeyResultMeasure | None = unchanged("Another measure begins afresh, and keeps only the unit.")
    unit: str | None = unchanged("The unit; another one begins a new version of the definition.")
    start_value: float | None = unchanged(
        "Where it begins; another one begins a new version of the definition."
    )
    target_value: float | None = unchanged("Where it is to get; progress is counted anew.")
    lower_bound: float | None = unchanged("The least allowed value of WITHIN.")
    upper_bound: float | None = unchanged("The greatest allowed value of WITHIN.")
    commit_value: float | None = unchanged("The value of ZONES that is promised.")
    stretch_value: float | None = unchanged("The value of ZONES that would be a triumph.")
    milestones: list[MilestoneInput] | None = unchanged("All steps of MILESTONES from now on.")
    weight: float | None = unchanged("Its weight.")
    due_on: date | None = unchanged("The day by whose end it is due; null for the cycle's last.")
    owner_id: strawberry.ID | None = unchanged("The one who answers for it; null for nobody.")
    owner_external_id: str | None = unchanged("The same by their external id.")
    new_external_id: str | None = unchanged("The new external id; null takes it away.")
    reason: str | None = perhaps("Why; it is kept in the feed.")


@strawberry.input(description="Moves a key result to another objective.")
class KeyResultMoveInput(Naming):
    """Input."""

    objective_id: strawberry.ID | None = perhaps("The objective that it measures from now on.")
    objective_external_id: str | None = perhaps("The same by its external id.")


@strawberry.input(description="Pauses a key result.")
class KeyResultPauseInput(Naming):
    """Input."""

    reason: str = given("Why; it is kept in the feed.")


@strawberry.input(description="Drops a key result.")
class KeyResultDropInput(Naming):
    """Input."""

    reason: str = given("Why; it is kept in the feed.")


@strawberry.input(description="Restores a key result.")
class KeyResultRestoreInput(Naming):
    """Input."""


def milestones_of(given: list[MilestoneInput] | None) -> tuple[Milestone, ...]:
    """The milestones, those without a key named by their place."""
    return tuple(
        Milestone(one.key or str(place), one.name.strip(), one.weight, one.due_on)
        for place, one in enumerate(given or [], start=1)
    )


def measure_of(input: KeyResultCreateInput) -> Measure:
    """The measure that an input describes."""
    values = {name: getattr(input, name) for name in MEASURE_FIELDS}
    return Measure(kind=input.measure, milestones=milestones_of(input.milestones), **values)
