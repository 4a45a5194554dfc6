"""Filter, sort order and arguments of lists of reviews."""

from enum import StrEnum
from typing import Annotated

import strawberry

from okr_api.graphql.comparators import EntityFilter, TextComparator, said
from okr_api.graphql.enums import OrderDirection
from okr_api.graphql.filter_fields import all_match, any_matches, does_not_match, id_within, where
from okr_api.graphql.list_arguments import BY_CREATION
from okr_api.graphql.ordering import describe_sort_keys, sort_direction, sort_key
from okr_api.graphql.review_enums import ReviewDecision, RootCause
from okr_api.store.tree_edges import CYCLE_OF_REVIEW, TEAM_OF_REVIEW


class ReviewRecordOrderField(StrEnum):
    """Sort keys of reviews."""

    CREATED_AT = "CREATED_AT"


describe_sort_keys(ReviewRecordOrderField, "reviews")


@strawberry.input(description="Sort order of a list of reviews.")
class ReviewRecordOrder:
    field: ReviewRecordOrderField = sort_key()
    direction: OrderDirection = sort_direction()


@strawberry.input(description="Condition on what a review decides; all conditions are ANDed.")
class ReviewDecisionComparator:
    """Comparator for what reviews decide."""

    eq: ReviewDecision | None = said("Equal to this decision.")
    in_: list[ReviewDecision] | None = said("Equal to one of these decisions.", name="in")
    not_in: list[ReviewDecision] | None = said("Equal to none of these decisions.")


@strawberry.input(description="Condition on a root cause; all conditions are ANDed.")
class RootCauseComparator:
    """Comparator for root causes."""

    eq: RootCause | None = said("Equal to this root cause.")
    in_: list[RootCause] | None = said("Equal to one of these root causes.", name="in")
    not_in: list[RootCause] | None = said("Equal to none of these root causes, and not missing.")
    is_null: bool | None = said("true: it has none; false: it has one.")


@strawberry.input(description="Filter for reviews; all conditions are ANDed.")
class ReviewRecordFilter:
    """Filter for reviews."""

    objective: EntityFilter | None = where(
        "{row}.objective_id", "Objective that it reviews.", value=id_within, external="objective"
    )
    team: EntityFilter | None = where(
        TEAM_OF_REVIEW, "Team of the objective.", value=id_within, external="team"
    )
    cycle: EntityFilter | None = where(
        CYCLE_OF_REVIEW, "Cycle of the objective.", value=id_within, external="cycle"
    )
    decision: ReviewDecisionComparator | None = where("{row}.decision", "Decision, such as KEEP.")
    root_cause: RootCauseComparator | None = where(
        "{row}.root_cause", "Root cause, such as CAPACITY; missing if none was named."
    )
    celebration: TextComparator | None = where(
        "{row}.celebration", "What is celebrated; missing if nothing is."
    )
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    and_: list["ReviewRecordFilter"] | None = all_match()
    or_: list["ReviewRecordFilter"] | None = any_matches()
    not_: "ReviewRecordFilter | None" = does_not_match()


ReviewRecordFilterArgument = Annotated[
    ReviewRecordFilter | None,
    strawberry.argument(description="Only reviews that match; all conditions are ANDed."),
]
ReviewRecordOrderArgument = Annotated[ReviewRecordOrder | None, BY_CREATION]
