"""Queries of lessons: one, a page of a list, and full-text search."""

from typing import Annotated

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.lesson_arguments import (
    CycleExternalId,
    CycleId,
    Search,
    Tags,
    TeamExternalId,
    TeamId,
    narrowing_of,
)
from okr_api.graphql.lesson_filters import LessonFilterArgument, LessonOrder
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import ExternalIdArgument, IdArgument, by_id_or_external_id
from okr_api.graphql.types.lesson import Lesson
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.okr.entity import NodeType
from okr_api.query_engine.field_sources import Page
from okr_api.query_engine.lesson_search import BY_RELEVANCE

OrderArgument = Annotated[
    LessonOrder | None,
    strawberry.argument(
        description="Sort order; if omitted, of a search by how well they match, else by creation."
    ),
]


@strawberry.type
class LessonsQuery:
    @strawberry.field(
        description="The lesson with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, was deleted, or is not visible."
    )
    async def lesson(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Lesson | None:
        found: Lesson | None = await by_id_or_external_id(info, NodeType.LESSON, id, external_id)
        return found

    @strawberry.field(
        description="Lessons that you can see, all of them or those that a search finds, the best match "
        "first; `Lesson.highlights` says what it found. All arguments are ANDed."
    )
    async def lessons(
        self,
        info: Info,
        search: Search = None,
        tags: Tags = None,
        team_id: TeamId = None,
        team_external_id: TeamExternalId = None,
        cycle_id: CycleId = None,
        cycle_external_id: CycleExternalId = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: LessonFilterArgument = None,
        order_by: OrderArgument = None,
    ) -> Connection[Lesson] | None:
        validate_filter(filter)
        reader = await reader_for(info)
        narrow = await narrowing_of(
            reader.snapshot,
            search=search,
            tags=tags,
            team_id=team_id,
            team_external_id=team_external_id,
            cycle_id=cycle_id,
            cycle_external_id=cycle_external_id,
            filter=filter,
        )
        page: Connection[Lesson] = await reader.page(
            "LessonConnection",
            Page(order=ordering(order_by, None if search is None else BY_RELEVANCE)),
            {"first": first, "after": after, "last": last, "before": before},
            narrow,
        )
        return page
