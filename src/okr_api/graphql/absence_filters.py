"""Filter, sort order and arguments of lists of absences."""

from enum import StrEnum
from typing import Annotated

import strawberry

from okr_api.graphql.comparators import DateComparator, EntityFilter, TextComparator
from okr_api.graphql.enums import OrderDirection, describe_input
from okr_api.graphql.filter_fields import all_match, any_matches, does_not_match, id_within, where
from okr_api.graphql.list_arguments import BY_CREATION
from okr_api.graphql.ordering import SORT_KEYS


@strawberry.input(description="Filter for absences; all conditions are ANDed.")
class AbsenceFilter:
    """Filter for absences."""

    person: EntityFilter | None = where(
        "{row}.person_id", "Person who is away.", value=id_within, external="person"
    )
    delegate: EntityFilter | None = where(
        "{row}.delegate_id",
        "Person who owes the check-ins meanwhile; missing without one.",
        value=id_within,
        external="person",
    )
    starts_on: DateComparator | None = where("{row}.starts_on", "First day.")
    ends_on: DateComparator | None = where("{row}.ends_on", "Last day.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    and_: list["AbsenceFilter"] | None = all_match()
    or_: list["AbsenceFilter"] | None = any_matches()
    not_: "AbsenceFilter | None" = does_not_match()


class AbsenceOrderField(StrEnum):
    """Sort keys of absences."""

    CREATED_AT = "CREATED_AT"
    STARTS_ON = "STARTS_ON"
    ENDS_ON = "ENDS_ON"


describe_input(
    AbsenceOrderField,
    "Sort key of a list of absences.",
    **{name: SORT_KEYS[name][2] for name in AbsenceOrderField.__members__},
)


@strawberry.input(description="Sort order of a list of absences; ties by creation.")
class AbsenceOrder:
    field: AbsenceOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Sort direction; nulls come last either way."
    )


AbsenceFilterArgument = Annotated[
    AbsenceFilter | None,
    strawberry.argument(description="Only absences that match; all conditions are ANDed."),
]
AbsenceOrderArgument = Annotated[AbsenceOrder | None, BY_CREATION]
