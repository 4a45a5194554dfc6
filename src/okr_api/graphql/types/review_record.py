"""GraphQL type of review records, and the field of objectives that has theirs."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    global_id,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.lesson_filters import LessonFilterArgument, LessonOrderArgument
from okr_api.graphql.ordering import ordering
from okr_api.graphql.review_enums import ReviewDecision, RootCause
from okr_api.graphql.types.comment import CommentsOfReviewRecord
from okr_api.graphql.types.lesson import LISTED, Lesson
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page
from okr_api.store.hidden_rows import HIDDEN_KEY_RESULT

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective


@strawberry.type
class LessonsOfReviewRecord:
    """Base of the type of reviews: what was learned in them."""

    @paged(
        Page(by="{row}.review_record_id", seen=True, ordering=ordering, check=validate_filter),
        "Lessons of the review: the one that `learned` has made, and others" + LISTED,
    )
    def lessons(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: LessonFilterArgument = None,
        order_by: LessonOrderArgument = None,
    ) -> Connection[Lesson]:
        raise AssertionError("It is read by its declaration")


@view_of(
    "(select * from review_record where not removed)",
    hidden=HIDDEN_KEY_RESULT,  # it belongs to an objective in the same way
    expressions=recorded("review_record_version"),
)
@strawberry.type(
    description="Review of an objective at the end of its cycle: what was learned, and what is decided about "
    "it. It changes no number, and is visible where its objective is."
)
class ReviewRecord(CommentsOfReviewRecord, LessonsOfReviewRecord, Node):
    id: strawberry.ID = global_id(NodeType.REVIEW_RECORD)
    external_id: str | None = external_id()
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "objective_id", "Objective that it reviews; each has at most one review.", seen=True
    )
    decision: ReviewDecision = column("decision", "What is decided about the objective.")
    decision_reason: str = column("decision_reason", "Why, 1 to 10,000 characters, as CommonMark.")
    went_well: str | None = column(
        "went_well", "What went well, as CommonMark, at most 10,000 characters; null if nothing was said."
    )
    did_not: str | None = column(
        "did_not", "What did not, as CommonMark, at most 10,000 characters; null if nothing was said."
    )
    learned: str | None = column(
        "learned",
        "What was learned, as CommonMark, at most 10,000 characters; null if nothing was said. It makes a "
        "lesson, which is in `lessons`.",
    )
    celebration: str | None = column(
        "celebration",
        "What is celebrated, as CommonMark, at most 10,000 characters; null if nothing was said.",
    )
    root_cause: RootCause | None = column(
        "root_cause",
        "Why it fell short; null if it was not named. Required of a COMMITTED objective with a final score "
        "below 1 and an ASPIRATIONAL one below 0.4.",
    )
    viewer_can: ViewerCan = viewer_can(NodeType.REVIEW_RECORD)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class ReviewOfObjective:
    """Base of the type of objectives: their review."""

    review: ReviewRecord | None = one(
        "review_id", "Its review, recorded by `reviewRecord`; null without one.", seen=True
    )
