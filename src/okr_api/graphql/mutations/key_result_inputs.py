"""Inputs of the mutations in `key_results.py`, and functions that make a measure and milestones of them."""

from datetime import date

import strawberry

from okr_api.graphql.mutations.cadence_inputs import NEW_CADENCE, OWN_CADENCE, CadenceInput
from okr_api.graphql.mutations.inputs import (
    ADDED_SINCE,
    EntityRef,
    Retryable,
    Versioned,
    default_was,
    entity_ref,
    given,
    perhaps,
    unchanged,
)
from okr_api.okr.entity import NodeType
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.measure import JudgedBy, KeyResultMeasure, Measure, Milestone
from okr_api.services.formulas import FormulaRequest

MEASURE_FIELDS = (
    "unit",
    "start_value",
    "target_value",
    "lower_bound",
    "upper_bound",
    "commit_value",
    "stretch_value",
    "judged_by",
)


@strawberry.input(description="One step of a key result measured by MILESTONES.")
class MilestoneInput:
    name: str = given("What is to be done, 1 to 200 characters.")
    key: str | None = perhaps(
        "Key for `milestonesDone`, unique within the key result, 1 to 200 characters; by "
        "default its position in the list, from 1."
    )
    weight: float = strawberry.field(
        default=1.0, description="Weight in the key result's progress: 0, or 0.000001 to 1000000."
    )
    due_on: date | None = perhaps("Last day to finish it, within the cycle.")


@strawberry.input(description="A value that is computed from those of other key results.")
class KeyResultFormulaInput:
    function: FormulaFunction = given("SUM or MEAN of their current values.")
    key_results: list[EntityRef] = given(
        "The key results, 1 to 50, each once, of the same unit; of any objective and cycle. Not those "
        "measured by BOOLEAN or MILESTONES, nor ones that are computed from this key result themselves."
    )


@strawberry.input(
    description="Input of `keyResultCreate`. Which value fields are needed depends on `measure`; those "
    "of other measures are rejected."
)
class KeyResultCreateInput(Retryable):
    objective: EntityRef = given("Objective that it measures.")
    title: str = given('Title, such as "Refunds within one day"; 1 to 500 characters.')
    description: str | None = perhaps("Details, at most 10,000 characters.")
    measure: KeyResultMeasure = given("How check-in values become progress.")
    unit: str | None = perhaps("Unit of all its values, such as `%` or `EUR`; 1 to 40 characters.")
    start_value: float | None = perhaps(
        "Value at which progress is 0. Required for ZONES; for INCREASE and DECREASE the first "
        "reading by default."
    )
    target_value: float | None = perhaps(
        "Value to reach, or the limit of AT_LEAST and AT_MOST. Required for INCREASE, DECREASE, "
        "AT_LEAST, AT_MOST and ZONES."
    )
    lower_bound: float | None = perhaps("Lowest value inside the range. Required for WITHIN.")
    upper_bound: float | None = perhaps("Highest value inside the range. Required for WITHIN.")
    commit_value: float | None = perhaps("Value that scores 0.3. Required for ZONES.")
    stretch_value: float | None = perhaps("Value that scores 1. Required for ZONES.")
    milestones: list[MilestoneInput] | None = perhaps("Milestones, 1 to 100. Required for MILESTONES.")
    judged_by: JudgedBy | None = perhaps(
        "How a limit becomes progress: LATEST by default for AT_LEAST and AT_MOST, TIME_SHARE for WITHIN.",
        metadata=ADDED_SINCE,
    )
    weight: float | None = perhaps(
        "Weight in the objective's means: 0 (does not count), or 0.000001 to 1000000; 1 by default. A "
        "guard-rail has none.",
        metadata=default_was(1.0),
    )
    role: KeyResultRole = strawberry.field(
        default=KeyResultRole.DRIVER,
        description="DRIVER adds to the objective's progress; GUARD_RAIL is a limit that must not be harmed.",
        metadata=ADDED_SINCE,
    )
    broken_budget: float | None = perhaps(
        "Share of the time, 0 to 1, for which a guard-rail may be broken before its objective can no longer "
        "be ACHIEVED. Without one only the status is affected.",
        metadata=ADDED_SINCE,
    )
    start_confidence: float | None = perhaps(
        "Confidence at the start, 0 to 1; applies until a check-in states one.",
        metadata=ADDED_SINCE,
    )
    labels: list[str] | None = perhaps(
        "Labels of your own, at most 20 of 1 to 50 characters.",
        metadata=ADDED_SINCE,
    )
    due_on: date | None = perhaps(
        "Last day to reach it, within the cycle; the last day of the cycle by default."
    )
    owner: EntityRef | None = perhaps("Person accountable.")
    check_in_owner: EntityRef | None = perhaps(
        "Person who checks in, if not the owner.",
        metadata=ADDED_SINCE,
    )
    cadence: CadenceInput | None = perhaps(OWN_CADENCE, metadata=ADDED_SINCE)
    metric: EntityRef | None = perhaps(
        "Metric to bind it to, of the same unit: readings of the metric from today on become its check-ins. "
        "Not for BOOLEAN and MILESTONES.",
        metadata=ADDED_SINCE,
    )
    formula: KeyResultFormulaInput | None = perhaps(
        "Computes its value from those of other key results, so that it takes no check-in with a value. Give "
        "a `startValue`: by default it is the first value of the formula, of the parts read by then. Not "
        "with a metric, and not for BOOLEAN and MILESTONES.",
        metadata=ADDED_SINCE,
    )
    external_id: str | None = perhaps(
        "Id of the key result in your own system, 1 to 200 characters; must be unique among key results."
    )


@strawberry.input
class KeyResultRefInput(Versioned):
    """Base of the inputs that change an existing key result."""

    key_result: EntityRef = given("The key result.")


@strawberry.input(description="Input of `keyResultUpdate`. Omitted fields stay unchanged.")
class KeyResultUpdateInput(KeyResultRefInput):
    title: str | None = unchanged("New title, 1 to 500 characters.")
    description: str | None = unchanged("New description, at most 10,000 characters; null removes it.")
    measure: KeyResultMeasure | None = unchanged(
        "New measure. It keeps only the unit, so give all values that it needs. After the first "
        "reading it starts a new definition: earlier readings no longer count."
    )
    unit: str | None = unchanged(
        "New unit, 1 to 40 characters; null removes it. Changing it after the first reading "
        "starts a new definition: earlier readings no longer count."
    )
    start_value: float | None = unchanged(
        "New start; null takes the first reading (INCREASE, DECREASE). Changing it after the "
        "first reading starts a new definition: earlier readings no longer count."
    )
    target_value: float | None = unchanged(
        "New target or limit. Readings stay valid, and progress is recalculated."
    )
    lower_bound: float | None = unchanged("New lowest value inside the range of WITHIN.")
    upper_bound: float | None = unchanged("New highest value inside the range of WITHIN.")
    commit_value: float | None = unchanged("New value of ZONES that scores 0.3.")
    stretch_value: float | None = unchanged("New value of ZONES that scores 1.")
    milestones: list[MilestoneInput] | None = unchanged(
        "All milestones from now on, 1 to 100; replaces the list."
    )
    judged_by: JudgedBy | None = unchanged("How a limit becomes progress; null for the default.")
    weight: float | None = unchanged(
        "New weight in the objective's means: 0 (does not count), or 0.000001 to 1000000. A guard-rail has "
        "none."
    )
    role: KeyResultRole | None = unchanged(
        "New role. A guard-rail must be a limit and loses its weight; a driver that was one has weight 1."
    )
    broken_budget: float | None = unchanged(
        "New share of the time, 0 to 1, for which a guard-rail may be broken; null for no limit."
    )
    start_confidence: float | None = unchanged("New confidence at the start, 0 to 1; null for none.")
    labels: list[str] | None = unchanged("All labels from now on, at most 20 of 1 to 50 characters.")
    due_on: date | None = unchanged(
        "New last day to reach it, within the cycle; null for the last day of the cycle."
    )
    owner: EntityRef | None = unchanged("New person accountable; null for none.")
    check_in_owner: EntityRef | None = unchanged("New person who checks in; null for the owner.")
    cadence: CadenceInput | None = unchanged(NEW_CADENCE)
    metric: EntityRef | None = unchanged(
        "Metric to bind it to from today on, of the same unit; null unbinds it. Its check-ins stay."
    )
    formula: KeyResultFormulaInput | None = unchanged(
        "New formula, whose value takes the place of values that were checked in; null removes it, and they "
        "count again."
    )
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")
    reason: str | None = perhaps(
        "Why; kept in the feed and with the revision of the target, at most 10,000 characters. Required to "
        "make a target easier to reach once the cycle has begun."
    )


@strawberry.input(description="Input of `keyResultMove`.")
class KeyResultMoveInput(KeyResultRefInput):
    objective: EntityRef = given("Objective to move it to.")


@strawberry.input(description="Input of `keyResultPause`.")
class KeyResultPauseInput(KeyResultRefInput):
    reason: str = given("Why; kept in the feed. Must not be empty, at most 10,000 characters.")


@strawberry.input(description="Input of `keyResultDrop`.")
class KeyResultDropInput(KeyResultRefInput):
    reason: str = given("Why; kept in the feed. Must not be empty, at most 10,000 characters.")


@strawberry.input(description="Input of `keyResultRestore`.")
class KeyResultRestoreInput(KeyResultRefInput):
    pass


def milestones_of(given: list[MilestoneInput] | None) -> tuple[Milestone, ...]:
    """Return the milestones; one without a key gets its position, from 1, as its key."""
    return tuple(
        Milestone(one.key or str(place), one.name.strip(), one.weight, one.due_on)
        for place, one in enumerate(given or [], start=1)
    )


def measure_of(input: KeyResultCreateInput) -> Measure:
    """Return the measure described by an input."""
    values = {name: getattr(input, name) for name in MEASURE_FIELDS}
    return Measure(kind=input.measure, milestones=milestones_of(input.milestones), **values)


def formula_of(given: KeyResultFormulaInput | None) -> FormulaRequest | None:
    """Return the formula described by an input; None for null.

    Raises:
        NotFound: a reference has the id of another type of entity.
    """
    if given is None:
        return None
    refs = [
        entity_ref(one, NodeType.KEY_RESULT, ("formula", "keyResults", place))
        for place, one in enumerate(given.key_results)
    ]
    return FormulaRequest(given.function, refs)
