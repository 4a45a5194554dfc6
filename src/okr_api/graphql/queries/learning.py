"""Queries of what is learned: of experiments and of lessons."""

import strawberry

from okr_api.graphql.queries.experiments import ExperimentsQuery
from okr_api.graphql.queries.lessons import LessonsQuery


@strawberry.type
class LearningQuery(ExperimentsQuery, LessonsQuery):
    """Queries of experiments and lessons."""
