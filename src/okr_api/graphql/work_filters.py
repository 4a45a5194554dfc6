"""Filters and arguments of lists of initiatives."""

from typing import Annotated

import strawberry

from okr_api.graphql.comparators import DateComparator, EntityFilter, TextComparator, said
from okr_api.graphql.filter_fields import all_match, any_matches, does_not_match, id_within, where
from okr_api.graphql.list_arguments import BY_CREATION
from okr_api.graphql.ordering import InitiativeOrder
from okr_api.graphql.work_enums import InitiativeState
from okr_api.store.tree_edges import OBJECTIVE_OF_INITIATIVE


@strawberry.input(description="Condition on the state of an initiative; all conditions are ANDed.")
class InitiativeStateComparator:
    """Comparator for initiative states."""

    eq: InitiativeState | None = said("Equal to this state.")
    in_: list[InitiativeState] | None = said("Equal to one of these states.", name="in")
    not_in: list[InitiativeState] | None = said("Equal to none of these states.")


@strawberry.input(description="Filter for initiatives; all conditions are ANDed.")
class InitiativeFilter:
    """Filter for initiatives."""

    objective: EntityFilter | None = where(
        OBJECTIVE_OF_INITIATIVE,
        "Objective of the initiative, also where it is of one of its key results.",
        value=id_within,
        external="objective",
    )
    key_result: EntityFilter | None = where(
        "{row}.key_result_id",
        "Key result of the initiative; missing if it is of an objective itself.",
        value=id_within,
        external="key_result",
    )
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable.", value=id_within, external="person"
    )
    title: TextComparator | None = where("{row}.title", "Title.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: InitiativeStateComparator | None = where("{row}.state", "State, such as DOING.")
    due_on: DateComparator | None = where("{row}.due_on", "Due day; missing if it has none.")
    and_: list["InitiativeFilter"] | None = all_match()
    or_: list["InitiativeFilter"] | None = any_matches()
    not_: "InitiativeFilter | None" = does_not_match()


InitiativeFilterArgument = Annotated[
    InitiativeFilter | None,
    strawberry.argument(description="Only initiatives that match; all conditions are ANDed."),
]
InitiativeOrderArgument = Annotated[InitiativeOrder | None, BY_CREATION]
