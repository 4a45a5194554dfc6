"""Filters, sort orders and arguments of lists of experiments and lessons."""

from enum import StrEnum
from typing import Annotated

import strawberry

from okr_api.graphql.comparators import DateComparator, EntityFilter, TextComparator, said
from okr_api.graphql.enums import OrderDirection
from okr_api.graphql.filter_fields import all_match, any_matches, does_not_match, id_within, where
from okr_api.graphql.list_arguments import BY_CREATION
from okr_api.graphql.ordering import describe_sort_keys, sort_direction, sort_key
from okr_api.graphql.work_enums import ExperimentOutcome, ExperimentState
from okr_api.query_engine.sql_filters import Related
from okr_api.store.tree_edges import (
    CYCLE_OF_EXPERIMENT,
    CYCLE_OF_RECORD,
    OBJECTIVE_OF_EXPERIMENT,
    OBJECTIVE_OF_RECORD,
    TEAM_OF_EXPERIMENT,
    TEAM_OF_RECORD,
)

TAGS = Related("unnest({row}.tags) tag", "true", hidden="false")


class ExperimentOrderField(StrEnum):
    """Sort keys of experiments."""

    CREATED_AT = "CREATED_AT"
    STARTED_ON = "STARTED_ON"
    ENDED_ON = "ENDED_ON"


class LessonOrderField(StrEnum):
    """Sort keys of lessons."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"


describe_sort_keys(ExperimentOrderField, "experiments")
describe_sort_keys(LessonOrderField, "lessons")


@strawberry.input(description="Sort order of a list of experiments; ties by creation.")
class ExperimentOrder:
    field: ExperimentOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Sort order of a list of lessons; ties by creation.")
class LessonOrder:
    field: LessonOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Condition on the state of an experiment; all conditions are ANDed.")
class ExperimentStateComparator:
    """Comparator for experiment states."""

    eq: ExperimentState | None = said("Equal to this state.")
    in_: list[ExperimentState] | None = said("Equal to one of these states.", name="in")
    not_in: list[ExperimentState] | None = said("Equal to none of these states.")


@strawberry.input(description="Condition on the outcome of an experiment; all conditions are ANDed.")
class ExperimentOutcomeComparator:
    """Comparator for experiment outcomes."""

    eq: ExperimentOutcome | None = said("Equal to this outcome.")
    in_: list[ExperimentOutcome] | None = said("Equal to one of these outcomes.", name="in")
    not_in: list[ExperimentOutcome] | None = said("Equal to none of these outcomes, and not missing.")
    is_null: bool | None = said("true: it has none; false: it has one.")


@strawberry.input(description="Filter for experiments; all conditions are ANDed.")
class ExperimentFilter:
    """Filter for experiments."""

    objective: EntityFilter | None = where(
        OBJECTIVE_OF_EXPERIMENT, "Objective of the key result.", value=id_within, external="objective"
    )
    key_result: EntityFilter | None = where(
        "{row}.key_result_id", "Key result that it is to move.", value=id_within, external="key_result"
    )
    team: EntityFilter | None = where(
        TEAM_OF_EXPERIMENT, "Team of the objective.", value=id_within, external="team"
    )
    cycle: EntityFilter | None = where(
        CYCLE_OF_EXPERIMENT, "Cycle of the objective.", value=id_within, external="cycle"
    )
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable.", value=id_within, external="person"
    )
    state: ExperimentStateComparator | None = where("{row}.state", "State, such as RUNNING.")
    outcome: ExperimentOutcomeComparator | None = where(
        "{row}.outcome", "Outcome, such as CONFIRMED; missing unless it is concluded."
    )
    hypothesis: TextComparator | None = where("{row}.hypothesis", "Hypothesis.")
    started_on: DateComparator | None = where("{row}.started_on", "First day; missing until it starts.")
    ended_on: DateComparator | None = where("{row}.ended_on", "Last day; missing until it is over.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    and_: list["ExperimentFilter"] | None = all_match()
    or_: list["ExperimentFilter"] | None = any_matches()
    not_: "ExperimentFilter | None" = does_not_match()


@strawberry.input(description="Filter for lessons; all conditions are ANDed.")
class LessonFilter:
    """Filter for lessons."""

    objective: EntityFilter | None = where(
        OBJECTIVE_OF_RECORD,
        "Objective that it was learned from, also where it is from one of its key results.",
        value=id_within,
        external="objective",
    )
    key_result: EntityFilter | None = where(
        "{row}.key_result_id",
        "Key result that it was learned from; missing if it is from an objective itself.",
        value=id_within,
        external="key_result",
    )
    experiment: EntityFilter | None = where(
        "{row}.experiment_id",
        "Experiment that it was learned from, also a deleted one; missing if it is from none.",
        value=id_within,
        external="experiment",
    )
    review_record: EntityFilter | None = where(
        "{row}.review_record_id",
        "Review that it was learned in, also a deleted one; missing if it is from none.",
        value=id_within,
        external="review_record",
    )
    team: EntityFilter | None = where(
        TEAM_OF_RECORD, "Team of the objective.", value=id_within, external="team"
    )
    cycle: EntityFilter | None = where(
        CYCLE_OF_RECORD, "Cycle of the objective.", value=id_within, external="cycle"
    )
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person to ask about it.", value=id_within, external="person"
    )
    tag: TextComparator | None = where(
        "tag",
        "One of its tags, which are in lower case. One that meets all conditions is enough; `isNull: true` "
        "finds lessons without tags.",
        among=TAGS,
    )
    carry_forward: bool | None = where(
        "{row}.carry_forward", "Whether it is to be remembered in the next cycle."
    )
    title: TextComparator | None = where("{row}.title", "Title.")
    text: TextComparator | None = where("{row}.text", "Text; missing if it has none.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    and_: list["LessonFilter"] | None = all_match()
    or_: list["LessonFilter"] | None = any_matches()
    not_: "LessonFilter | None" = does_not_match()


ExperimentFilterArgument = Annotated[
    ExperimentFilter | None,
    strawberry.argument(description="Only experiments that match; all conditions are ANDed."),
]
LessonFilterArgument = Annotated[
    LessonFilter | None,
    strawberry.argument(description="Only lessons that match; all conditions are ANDed."),
]
ExperimentOrderArgument = Annotated[ExperimentOrder | None, BY_CREATION]
LessonOrderArgument = Annotated[LessonOrder | None, BY_CREATION]
