"""GraphQL types of reactions: a person's own, and those to a node by emoji."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    gathered,
    global_id,
    listed,
    one,
    version,
    view_of,
)
from okr_api.graphql.types.node import Node
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.discussion import reaction_counts
from okr_api.store.discussed_nodes import HIDDEN_REACTION, OBJECTIVE_OF_REACTION, REACTIONS

if TYPE_CHECKING:
    from okr_api.graphql.types.check_in import CheckIn
    from okr_api.graphql.types.comment import Comment
    from okr_api.graphql.types.decision import Decision
    from okr_api.graphql.types.experiment import Experiment
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.lesson import Lesson
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Person
    from okr_api.graphql.types.review_record import ReviewRecord
    from okr_api.graphql.types.roadblock import Roadblock


REACTED_TO = "Reactions to it by emoji, the most frequent first, at most 50 emoji. `reactionAdd` adds yours."


@view_of()
@strawberry.type(description="How many people have reacted to something with one emoji.")
class ReactionCount:
    emoji: str = column("emoji", "The emoji.")
    count: int = column("count", "Number of people who have reacted with it, at least 1.")
    viewer_has_reacted: bool = column(
        "viewer_has_reacted", "Whether you have reacted with it; false for a service."
    )
    people: list[Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")]] = listed(
        "person_ids", "The first 20 people who have reacted with it, in order."
    )


def reactions(node_type: NodeType) -> Any:
    """Return the field of the reactions to nodes of a type, by emoji."""
    return gathered(reaction_counts(node_type), REACTED_TO)


@view_of(
    REACTIONS,
    hidden=HIDDEN_REACTION,
    expressions={**recorded("reaction_version"), "holder_id": OBJECTIVE_OF_REACTION},
)
@strawberry.type(
    description="An emoji with which a person has reacted to what can be discussed, or to a comment. It is "
    "visible where that is."
)
class Reaction(Node):
    id: strawberry.ID = global_id(NodeType.REACTION)
    external_id: str | None = external_id()
    emoji: str = column("emoji", "The emoji, in its usual form.")
    person: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] = one(
        "person_id", "Who has reacted."
    )
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "holder_id",
        "Objective that it is to, or that what it is to belongs to; null for a decision about nothing.",
        seen=True,
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id", "Key result that it is to; null if it is to something else.", seen=True
    )
    check_in: Annotated["CheckIn", strawberry.lazy("okr_api.graphql.types.check_in")] | None = one(
        "check_in_id", "Check-in that it is to; null if it is to something else.", seen=True
    )
    roadblock: Annotated["Roadblock", strawberry.lazy("okr_api.graphql.types.roadblock")] | None = one(
        "roadblock_id", "Roadblock that it is to; null if it is to something else.", seen=True
    )
    decision: Annotated["Decision", strawberry.lazy("okr_api.graphql.types.decision")] | None = one(
        "decision_id", "Decision that it is to; null if it is to something else.", seen=True
    )
    experiment: Annotated["Experiment", strawberry.lazy("okr_api.graphql.types.experiment")] | None = one(
        "experiment_id", "Experiment that it is to; null if it is to something else.", seen=True
    )
    lesson: Annotated["Lesson", strawberry.lazy("okr_api.graphql.types.lesson")] | None = one(
        "lesson_id", "Lesson that it is to; null if it is to something else.", seen=True
    )
    review_record: (
        Annotated["ReviewRecord", strawberry.lazy("okr_api.graphql.types.review_record")] | None
    ) = one("review_record_id", "Review that it is to; null if it is to something else.", seen=True)
    comment: Annotated["Comment", strawberry.lazy("okr_api.graphql.types.comment")] | None = one(
        "comment_id", "Comment that it is to; null if it is to something else.", seen=True
    )
    version: int = version()
    created_at: datetime = created_at()
