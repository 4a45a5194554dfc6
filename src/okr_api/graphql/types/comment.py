"""GraphQL type of comments, and the fields that list them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    gathered,
    global_id,
    listed,
    one,
    paged,
    same,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.reaction import ReactionCount, reactions
from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.discussion import comment_counts
from okr_api.query_engine.field_sources import Page
from okr_api.store.discussed_nodes import COMMENTS, HIDDEN_COMMENT, OBJECTIVE_OF_COMMENT

if TYPE_CHECKING:
    from okr_api.graphql.types.check_in import CheckIn
    from okr_api.graphql.types.decision import Decision
    from okr_api.graphql.types.experiment import Experiment
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.lesson import Lesson
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Actor, Person
    from okr_api.graphql.types.review_record import ReviewRecord
    from okr_api.graphql.types.roadblock import Roadblock

LISTED = "Comments on it, without replies, oldest first; those are in `replies` of each."
COUNT = "Number of comments on it, replies included."


def comments_page(node_type: NodeType) -> Page:
    """Return the source of a page of the comments on nodes of a type, oldest first."""
    return Page(by=f"{{row}}.{DISCUSSED[node_type]}", where="{row}.parent_id is null", seen=True)


@view_of(
    COMMENTS,
    hidden=HIDDEN_COMMENT,
    expressions={**recorded("comment_version"), "holder_id": OBJECTIVE_OF_COMMENT},
)
@strawberry.type(
    description="What somebody says on an objective, a key result, a check-in, or on a record: a roadblock, "
    "a decision, an experiment, a lesson or a review. It is visible where that is, and deleted with a record."
)
class Comment(Node):
    id: strawberry.ID = global_id(NodeType.COMMENT)
    external_id: str | None = external_id()
    text: str = column(
        "text",
        "The text as CommonMark, 1 to 10,000 characters; `@[Name](id)` mentions the person with that id, in "
        "code as well.",
    )
    author: Annotated["Actor", strawberry.lazy("okr_api.graphql.types.people")] = same(
        "Person or service that wrote it."
    )
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "holder_id",
        "Objective that it is on, or that what it is on belongs to; null for a decision about nothing.",
        seen=True,
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id", "Key result that it is on; null if it is on something else.", seen=True
    )
    check_in: Annotated["CheckIn", strawberry.lazy("okr_api.graphql.types.check_in")] | None = one(
        "check_in_id", "Check-in that it is on; null if it is on something else.", seen=True
    )
    roadblock: Annotated["Roadblock", strawberry.lazy("okr_api.graphql.types.roadblock")] | None = one(
        "roadblock_id", "Roadblock that it is on; null if it is on something else.", seen=True
    )
    decision: Annotated["Decision", strawberry.lazy("okr_api.graphql.types.decision")] | None = one(
        "decision_id", "Decision that it is on; null if it is on something else.", seen=True
    )
    experiment: Annotated["Experiment", strawberry.lazy("okr_api.graphql.types.experiment")] | None = one(
        "experiment_id", "Experiment that it is on; null if it is on something else.", seen=True
    )
    lesson: Annotated["Lesson", strawberry.lazy("okr_api.graphql.types.lesson")] | None = one(
        "lesson_id", "Lesson that it is on; null if it is on something else.", seen=True
    )
    review_record: (
        Annotated["ReviewRecord", strawberry.lazy("okr_api.graphql.types.review_record")] | None
    ) = one("review_record_id", "Review that it is on; null if it is on something else.", seen=True)
    reply_to: "Comment | None" = one(
        "parent_id", "Comment that it replies to; null for one that is no reply.", seen=True
    )
    mentions: list[Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")]] = listed(
        "mention_ids", "People whom the text mentions, each once, in order; at most 100."
    )
    reactions: list[ReactionCount] = reactions(NodeType.COMMENT)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()

    @paged(
        Page(by="{row}.parent_id", seen=True),
        "Replies to it, oldest first; none for a reply.",
    )
    def replies(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection["Comment"]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CommentsOfObjective:
    """Base of the type of objectives: the comments on it, and the reactions to it."""

    comment_count: int = gathered(comment_counts(NodeType.OBJECTIVE), COUNT, otherwise=0)
    reactions: list[ReactionCount] = reactions(NodeType.OBJECTIVE)

    @paged(comments_page(NodeType.OBJECTIVE), LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CommentsOfKeyResult:
    """Base of the type of key results: the comments on it, and the reactions to it."""

    comment_count: int = gathered(comment_counts(NodeType.KEY_RESULT), COUNT, otherwise=0)
    reactions: list[ReactionCount] = reactions(NodeType.KEY_RESULT)

    @paged(comments_page(NodeType.KEY_RESULT), LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CommentsOfCheckIn:
    """Base of the type of check-ins: the comments on it, and the reactions to it."""

    comment_count: int = gathered(comment_counts(NodeType.CHECK_IN), COUNT, otherwise=0)
    reactions: list[ReactionCount] = reactions(NodeType.CHECK_IN)

    @paged(comments_page(NodeType.CHECK_IN), LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CommentsOfRoadblock:
    """Base of the type of roadblocks: the comments on it, and the reactions to it."""

    comment_count: int = gathered(comment_counts(NodeType.ROADBLOCK), COUNT, otherwise=0)
    reactions: list[ReactionCount] = reactions(NodeType.ROADBLOCK)

    @paged(comments_page(NodeType.ROADBLOCK), LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CommentsOfDecision:
    """Base of the type of decisions: the comments on it, and the reactions to it."""

    comment_count: int = gathered(comment_counts(NodeType.DECISION), COUNT, otherwise=0)
    reactions: list[ReactionCount] = reactions(NodeType.DECISION)

    @paged(comments_page(NodeType.DECISION), LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CommentsOfExperiment:
    """Base of the type of experiments: the comments on it, and the reactions to it."""

    comment_count: int = gathered(comment_counts(NodeType.EXPERIMENT), COUNT, otherwise=0)
    reactions: list[ReactionCount] = reactions(NodeType.EXPERIMENT)

    @paged(comments_page(NodeType.EXPERIMENT), LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CommentsOfLesson:
    """Base of the type of lessons: the comments on it, and the reactions to it."""

    comment_count: int = gathered(comment_counts(NodeType.LESSON), COUNT, otherwise=0)
    reactions: list[ReactionCount] = reactions(NodeType.LESSON)

    @paged(comments_page(NodeType.LESSON), LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CommentsOfReviewRecord:
    """Base of the type of reviews: the comments on it, and the reactions to it."""

    comment_count: int = gathered(comment_counts(NodeType.REVIEW_RECORD), COUNT, otherwise=0)
    reactions: list[ReactionCount] = reactions(NodeType.REVIEW_RECORD)

    @paged(comments_page(NodeType.REVIEW_RECORD), LISTED)
    def comments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        raise AssertionError("It is read by its declaration")
