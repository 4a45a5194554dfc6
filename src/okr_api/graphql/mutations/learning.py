"""Mutations of what is learned: of experiments and of lessons."""

import strawberry

from okr_api.graphql.mutations.experiments import ExperimentsMutation
from okr_api.graphql.mutations.lessons import LessonsMutation


@strawberry.type
class LearningMutation(ExperimentsMutation, LessonsMutation):
    """Mutations of experiments and lessons."""
