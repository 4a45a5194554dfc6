"""Inputs of `coach`: a draft objective with key results; validate them, make a plan and references."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import strawberry

from okr_api.coaching.subject import KeyResultPlan, ObjectivePlan, UnknownReference
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    ParentRef,
    entity_ref,
    perhaps,
)
from okr_api.graphql.mutations.key_result_inputs import MEASURE_FIELDS, MilestoneInput, milestones_of
from okr_api.okr.entity import NodeType
from okr_api.okr.entity_fields import camel
from okr_api.okr.errors import NotFound, Refused, TooMany
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.measure import MAX_MILESTONES, MAX_UNIT_LENGTH, KeyResultMeasure
from okr_api.okr.numbers import finite_or_none, fraction, weight_of
from okr_api.okr.objective import MAX_PRIORITIES, MAX_TITLE_LENGTH, ObjectiveKind
from okr_api.query_engine.coaching_draft import Draft, Reference
from okr_api.services.references import long_text, short_text

MAX_DRAFT_KEY_RESULTS = 50
DRAFT = "draft"


@strawberry.input(
    description="A key result of a draft, as for `keyResultCreate`. Everything may be missing or unfinished: "
    "then there is advice on it, and no error."
)
class KeyResultDraftInput:
    title: str | None = perhaps("Title, at most 500 characters.")
    description: str | None = perhaps("Details, at most 10,000 characters.")
    measure: KeyResultMeasure | None = perhaps(
        "How check-in values become progress. Without one it is INCREASE or DECREASE, from `startValue` to "
        "`targetValue`, or unknown if one of these is missing."
    )
    unit: str | None = perhaps("Unit of all its values, such as `%` or `EUR`; at most 40 characters.")
    start_value: float | None = perhaps("Value at which progress is 0.")
    target_value: float | None = perhaps("Value to reach, or the limit of AT_LEAST and AT_MOST.")
    lower_bound: float | None = perhaps("Lowest value inside the range of WITHIN.")
    upper_bound: float | None = perhaps("Highest value inside the range of WITHIN.")
    commit_value: float | None = perhaps("Value of ZONES that scores 0.3.")
    stretch_value: float | None = perhaps("Value of ZONES that scores 1.")
    milestones: list[MilestoneInput] | None = perhaps("Milestones, at most 100.")
    weight: float = strawberry.field(
        default=1.0,
        description="Weight in the objective's means: 0 (does not count), or 0.000001 to 1000000. That of a "
        "guard-rail is not looked at.",
    )
    role: KeyResultRole = strawberry.field(
        default=KeyResultRole.DRIVER,
        description="DRIVER adds to the objective's progress; GUARD_RAIL is a limit that must not be harmed.",
    )
    due_on: date | None = perhaps("Last day to reach it; the last day of the cycle by default.")
    owner: EntityRef | None = perhaps("Person accountable.")
    check_in_owner: EntityRef | None = perhaps("Person who checks in, if not the owner.")
    metric: EntityRef | None = perhaps("Metric that it would be bound to.")
    confidence: float | None = perhaps("How sure you are at the start that it will be reached, 0 to 1.")


@strawberry.input(
    description="A draft of an objective with its key results, as for `objectiveCreate`. Nothing of it is "
    "saved."
)
class ObjectiveDraftInput:
    title: str | None = perhaps("Title, at most 500 characters.")
    description: str | None = perhaps("Why it matters, at most 10,000 characters.")
    cycle: EntityRef | None = perhaps("Cycle that it would be set for.")
    kind: ObjectiveKind = strawberry.field(
        default=ObjectiveKind.COMMITTED,
        description="How the objective is judged: COMMITTED expects a score of 1.0, ASPIRATIONAL 0.7, "
        "LEARNING is not judged.",
    )
    owner: EntityRef | None = perhaps("Person accountable.")
    team: EntityRef | None = perhaps("Team that it would belong to.")
    priorities: list[EntityRef] | None = perhaps("Strategic priorities that it would serve, at most 20.")
    parent: ParentRef | None = perhaps("Objective or key result to align it to.")
    weight: float = strawberry.field(
        default=1.0,
        description="With a parent: weight in the parent's means; 0 (does not count), or 0.000001 to "
        "1000000.",
    )
    stands_alone_reason: str | None = perhaps(
        "Why it deliberately serves nothing above, at most 10,000 characters."
    )
    key_results: list[KeyResultDraftInput] | None = perhaps("Its key results, at most 50.")
    objective: EntityRef | None = perhaps(
        "Saved objective that this is an edit of: it is not compared with itself, and counts once."
    )


def draft_of(input: ObjectiveDraftInput) -> Draft:
    """Return the draft in an input.

    Raises:
        InvalidInput, TooMany: a value is beyond its limits.
    """
    try:
        return _draft(input)
    except Refused as refusal:
        raise refusal.under(DRAFT) from None


def _draft(input: ObjectiveDraftInput) -> Draft:
    drafts = input.key_results or []
    if len(drafts) > MAX_DRAFT_KEY_RESULTS:
        message = f"A draft has at most {MAX_DRAFT_KEY_RESULTS} key results"
        raise TooMany(message, path=["keyResults"])
    if len(input.priorities or []) > MAX_PRIORITIES:
        message = f"An objective has at most {MAX_PRIORITIES} priorities"
        raise TooMany(message, path=["priorities"])
    weight_of(input.weight)
    references = list(_references(input, drafts))
    return Draft(
        plan=ObjectivePlan(
            title=short_text(input.title, "title", MAX_TITLE_LENGTH) or "",
            has_description=long_text(input.description) is not None,
            kind=input.kind,
            key_results=tuple(_key_result(one, place) for place, one in enumerate(drafts)),
            stands_alone_reason=long_text(input.stands_alone_reason, "standsAloneReason"),
        ),
        references={name: one for name, one in references if isinstance(one, Reference)},
        unknown=tuple(one for _, one in references if isinstance(one, UnknownReference)),
    )


def _references(
    input: ObjectiveDraftInput, drafts: Sequence[KeyResultDraftInput]
) -> Iterator[tuple[str, Reference | UnknownReference]]:
    """Yield everything that a draft refers to, with its name."""
    named = (
        ("cycle", input.cycle, NodeType.CYCLE),
        ("team", input.team, NodeType.TEAM),
        ("owner", input.owner, NodeType.PERSON),
        ("objective", input.objective, NodeType.OBJECTIVE),
    )
    for name, value, node_type in named:
        if value:
            yield name, _reference(value, node_type, name)
    if input.parent and input.parent.objective:
        yield "parent", _reference(input.parent.objective, NodeType.OBJECTIVE, "parent", "objective")
    if input.parent and input.parent.key_result:
        yield "parent", _reference(input.parent.key_result, NodeType.KEY_RESULT, "parent", "keyResult")
    for place, priority in enumerate(input.priorities or []):
        yield f"priorities {place}", _reference(priority, NodeType.PRIORITY, "priorities", place)
    for place, one in enumerate(drafts):
        for field, value, node_type in (
            ("owner", one.owner, NodeType.PERSON),
            ("checkInOwner", one.check_in_owner, NodeType.PERSON),
            ("metric", one.metric, NodeType.METRIC),
        ):
            if value:
                yield f"{field} {place}", _reference(value, node_type, "keyResults", place, field)


def _reference(value: EntityRef, node_type: NodeType, *path: str | int) -> Reference | UnknownReference:
    """Return a reference at a path; an unknown one if its id is of another type."""
    try:
        ref = entity_ref(value, node_type, path)
    except NotFound:
        return UnknownReference(path, node_type)
    return Reference(node_type, ref.id, ref.external_id, path)


def _key_result(input: KeyResultDraftInput, place: int) -> KeyResultPlan:
    try:
        if len(input.milestones or []) > MAX_MILESTONES:
            message = f"A key result has at most {MAX_MILESTONES} milestones"
            raise TooMany(message, path=["milestones"])
        numbers: dict[str, Any] = {
            name: finite_or_none(getattr(input, name), camel(name))
            for name in MEASURE_FIELDS
            if name not in ("unit", "judged_by")
        }
        return KeyResultPlan(
            title=short_text(input.title, "title", MAX_TITLE_LENGTH) or "",
            measure=input.measure or _measure(numbers["start_value"], numbers["target_value"]),
            description=long_text(input.description),
            unit=short_text(input.unit, "unit", MAX_UNIT_LENGTH),
            milestones=milestones_of(input.milestones),
            weight=weight_of(input.weight),
            is_guard_rail=input.role is KeyResultRole.GUARD_RAIL,
            due_on=input.due_on,
            confidence=None if input.confidence is None else fraction(input.confidence, "confidence"),
            **numbers,
        )
    except Refused as refusal:
        raise refusal.under("keyResults", place) from None


def _measure(start: float | None, target: float | None) -> KeyResultMeasure | None:
    """Return the measure that leads from a start to a target; None if one is missing."""
    if start is None or target is None:
        return None
    return KeyResultMeasure.DECREASE if target < start else KeyResultMeasure.INCREASE
