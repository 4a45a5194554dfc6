"""Inputs that refer to one node among those that can be discussed, reacted to, followed or learned from."""

from collections.abc import Mapping
from typing import Any

import strawberry

from okr_api.graphql.mutations.inputs import EntityRef, entity_ref, unchanged
from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.entity_fields import camel
from okr_api.okr.follow import FOLLOWED
from okr_api.okr.lesson import LESSON_SOURCES
from okr_api.okr.reaction import REACTED
from okr_api.services.references import Ref


@strawberry.input(
    one_of=True,
    description="Reference to what can be discussed: an objective, a key result, a check-in, a roadblock, "
    "a decision, an experiment, a lesson or a review.",
)
class DiscussedRef:
    objective: EntityRef | None = unchanged("An objective.")
    key_result: EntityRef | None = unchanged("A key result.")
    check_in: EntityRef | None = unchanged("A check-in.")
    roadblock: EntityRef | None = unchanged("A roadblock.")
    decision: EntityRef | None = unchanged("A decision.")
    experiment: EntityRef | None = unchanged("An experiment.")
    lesson: EntityRef | None = unchanged("A lesson.")
    review_record: EntityRef | None = unchanged("A review of an objective.")


@strawberry.input(
    one_of=True,
    description="Reference to what can be reacted to: an objective, a key result, a check-in, a roadblock, a "
    "decision, an experiment, a lesson, a review or a comment.",
)
class ReactedRef:
    objective: EntityRef | None = unchanged("An objective.")
    key_result: EntityRef | None = unchanged("A key result.")
    check_in: EntityRef | None = unchanged("A check-in.")
    roadblock: EntityRef | None = unchanged("A roadblock.")
    decision: EntityRef | None = unchanged("A decision.")
    experiment: EntityRef | None = unchanged("An experiment.")
    lesson: EntityRef | None = unchanged("A lesson.")
    review_record: EntityRef | None = unchanged("A review of an objective.")
    comment: EntityRef | None = unchanged("A comment.")


@strawberry.input(
    one_of=True, description="Reference to what can be followed: an objective, a key result or a team."
)
class FollowedRef:
    objective: EntityRef | None = unchanged("An objective.")
    key_result: EntityRef | None = unchanged("A key result.")
    team: EntityRef | None = unchanged("A team.")


@strawberry.input(
    one_of=True,
    description="Reference to what a lesson is learned from: an objective, a key result, an experiment, a "
    "check-in or a review.",
)
class LessonSourceRef:
    objective: EntityRef | None = unchanged("An objective.")
    key_result: EntityRef | None = unchanged("A key result.")
    experiment: EntityRef | None = unchanged("An experiment, of any state.")
    check_in: EntityRef | None = unchanged("A check-in.")
    review_record: EntityRef | None = unchanged("A review of an objective.")


COLUMNS: Mapping[type[Any], Mapping[NodeType, str]] = {
    DiscussedRef: DISCUSSED,
    ReactedRef: REACTED,
    FollowedRef: FOLLOWED,
    LessonSourceRef: LESSON_SOURCES,
}


def node_ref(value: DiscussedRef | ReactedRef | FollowedRef | LessonSourceRef, name: str = "on") -> Ref:
    """Return the reference in the field of that name; raises the errors of `entity_ref`."""
    for node_type, column in COLUMNS[type(value)].items():
        field = column.removesuffix("_id")
        given: EntityRef | None = getattr(value, field)
        if given:
            return entity_ref(given, node_type, (name, camel(field)))
    raise AssertionError("one of them is given")
