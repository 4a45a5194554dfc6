"""GraphQL types of lessons, what a search finds in them, and related ones; the fields that list them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.enums import describe
from okr_api.graphql.fields import (
    column,
    created_at,
    documents,
    external_id,
    gathered_by,
    global_id,
    many,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.lesson_arguments import (
    DEFAULT_RELATED_LESSONS,
    FirstRelated,
    RequiredSearch,
    load_lesson_highlights,
    load_related,
)
from okr_api.graphql.lesson_filters import LessonFilterArgument, LessonOrderArgument
from okr_api.graphql.ordering import ordering
from okr_api.graphql.types.comment import CommentsOfLesson
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import CARRIED_LESSONS, recorded
from okr_api.query_engine.field_sources import Page
from okr_api.query_engine.related_lessons import LessonRelation
from okr_api.store.hidden_rows import HIDDEN_RECORD
from okr_api.store.tree_edges import OBJECTIVE_OF_RECORD

if TYPE_CHECKING:
    from okr_api.graphql.types.check_in import CheckIn
    from okr_api.graphql.types.experiment import Experiment
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Person
    from okr_api.graphql.types.review_record import ReviewRecord

describe(
    LessonRelation,
    "What a related lesson has in common with an objective, beside words.",
    SAME_TEAM="It is from an objective of the same team.",
    SAME_PRIORITY="It is from an objective that names a strategic priority that this one names as well.",
    SAME_METRIC="It is from a key result that is bound to a metric of this objective's key results, or from "
    "the objective of one.",
)
LISTED = ", in order of creation unless `orderBy` is given."


@view_of()
@strawberry.type(description="A part of a text, which a search has found or not.")
class TextFragment:
    text: str = column("text", "The part.")
    is_match: bool = column("is_match", "Whether the search has found it.")


@view_of()
@strawberry.type(description="What a search finds in a lesson. Joined, the fragments are the text shown.")
class LessonHighlights:
    title: list[TextFragment] = documents(
        lambda fragments: fragments, "title", description="The whole title, in fragments."
    )
    text: list[TextFragment] = documents(
        lambda fragments: fragments,
        "text",
        description="Up to two passages of the text around what was found, or its first words if nothing "
        "was; empty without a text.",
    )


@view_of(
    "(select * from lesson where not removed)",
    hidden=HIDDEN_RECORD,
    expressions={**recorded("lesson_version"), "holder_id": OBJECTIVE_OF_RECORD},
)
@strawberry.type(
    description="What was learned from an objective or a key result, perhaps by an experiment, in a check-in "
    "or in a review. It is visible where that is."
)
class Lesson(CommentsOfLesson, Node):
    id: strawberry.ID = global_id(NodeType.LESSON)
    external_id: str | None = external_id()
    title: str = column(
        "title", 'The lesson in short, such as "Fewer fields, more bookings"; 1 to 500 characters.'
    )
    text: str | None = column(
        "text", "Details, as CommonMark, at most 10,000 characters; null if there are none."
    )
    tags: list[str] = column("tags", "Tags in lower case, each at most 60 characters; at most 20.")
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "holder_id", "Objective that it was learned from: its own one, or that of `keyResult`.", seen=True
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id",
        "Key result that it was learned from, also by an experiment or a check-in on it; null if it is from "
        "an objective itself.",
        seen=True,
    )
    experiment: Annotated["Experiment", strawberry.lazy("okr_api.graphql.types.experiment")] | None = one(
        "experiment_id", "Experiment that it was learned from; null without one, and once it was deleted."
    )
    check_in: Annotated["CheckIn", strawberry.lazy("okr_api.graphql.types.check_in")] | None = one(
        "check_in_id", "Check-in that it was learned from; null without one."
    )
    review_record: (
        Annotated["ReviewRecord", strawberry.lazy("okr_api.graphql.types.review_record")] | None
    ) = one("review_record_id", "Review that it was learned in; null without one, and once it was deleted.")
    owner: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "owner_id", "Person to ask about it, who may edit it; null if unassigned."
    )
    carry_forward: bool = column("carry_forward", "Whether it is to be remembered in the next cycle.")
    viewer_can: ViewerCan = viewer_can(NodeType.LESSON)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()

    @gathered_by(load_lesson_highlights, "What a search finds in it, for a list of results.")
    def highlights(self, search: RequiredSearch) -> LessonHighlights:
        raise AssertionError("It is read by its declaration")


@view_of()
@strawberry.type(description="A lesson with words of an objective and of its key results, or of a draft.")
class RelatedLesson:
    lesson: Lesson = one("lesson_id", "The lesson.", seen=True)
    similarity: float = column(
        "similarity",
        "Share of the objective's words that the lesson has, of those that any lesson has, 0.12 to 1; rare "
        "words count more, and those of its text half as much as those of its title.",
    )
    relations: list[LessonRelation] = column(
        "relations", "What it has in common beside words; empty if nothing."
    )


@strawberry.type
class LessonsOfObjective:
    """Base of the type of objectives: what was learned from them, and what was learned elsewhere."""

    @paged(
        Page(by="{row}.objective_id", seen=True, ordering=ordering, check=validate_filter),
        "What was learned from the objective itself" + LISTED + " Lessons from its key results are listed "
        "there; `Query.lessons` finds all with `filter: { objective }`.",
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

    carried_lessons: list[Lesson] = many(
        "carried.start",
        "Lessons with `carryForward` of the objectives that it was carried over from, through all cycles, "
        "and of their key results; in order of creation.",
        joined=CARRIED_LESSONS,
    )

    @gathered_by(
        load_related,
        "Lessons from elsewhere with words of its title and of its key results' titles, among the latest "
        "1,000 that you see: those of its team, of its priorities and of the metrics of its key results "
        "first, then the most similar. Of at most 50 objectives at a time.",
    )
    def related_lessons(self, first: FirstRelated = DEFAULT_RELATED_LESSONS) -> list[RelatedLesson]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class LessonsOfKeyResult:
    """Base of the type of key results: what was learned from them."""

    @paged(
        Page(by="{row}.key_result_id", seen=True, ordering=ordering, check=validate_filter),
        "What was learned from the key result, also by experiments and check-ins on it" + LISTED,
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


@strawberry.type
class LessonsOfExperiment:
    """Base of the type of experiments: what was learned from them."""

    @paged(
        Page(by="{row}.experiment_id", seen=True, ordering=ordering, check=validate_filter),
        "What was learned from the experiment" + LISTED,
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


@strawberry.type
class LessonsOfPerson:
    """Base of the type of people: the lessons that a person owns."""

    @paged(
        Page(by="{row}.owner_id", ordering=ordering, check=validate_filter),
        "Lessons that the person owns, without those that you cannot see" + LISTED,
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
