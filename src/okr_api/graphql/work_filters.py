"""Filters and arguments of lists of initiatives and dependencies."""

from typing import Annotated

import strawberry

from okr_api.graphql.comparators import DateComparator, EntityFilter, TextComparator, said
from okr_api.graphql.filter_fields import all_match, any_matches, does_not_match, id_within, where
from okr_api.graphql.list_arguments import BY_CREATION
from okr_api.graphql.ordering import DependencyOrder, InitiativeOrder
from okr_api.graphql.work_enums import DependencySide, DependencyState, InitiativeState
from okr_api.query_engine.sql_filters import Related
from okr_api.store.tree_edges import (
    GIVING_OBJECTIVE,
    NEEDING_OBJECTIVE,
    NEEDING_TEAM,
    OBJECTIVE_OF_INITIATIVE,
)


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


GIVING_OBJECTIVES = Related(
    "objective giving",
    f"giving.organization_id = {{row}}.organization_id and giving.id = {GIVING_OBJECTIVE}",
    hidden="{hidden:giving}",
)


@strawberry.input(description="Condition on the state of a dependency; all conditions are ANDed.")
class DependencyStateComparator:
    """Comparator for dependency states."""

    eq: DependencyState | None = said("Equal to this state.")
    in_: list[DependencyState] | None = said("Equal to one of these states.", name="in")
    not_in: list[DependencyState] | None = said("Equal to none of these states.")


@strawberry.input(description="Filter for dependencies; all conditions are ANDed.")
class DependencyFilter:
    """Filter for dependencies."""

    needing_objective: EntityFilter | None = where(
        NEEDING_OBJECTIVE,
        "Objective that needs it, also where one of its key results does.",
        value=id_within,
        external="objective",
    )
    needing_key_result: EntityFilter | None = where(
        "{row}.needing_key_result_id",
        "Key result that needs it; missing if an objective itself does.",
        value=id_within,
        external="key_result",
    )
    needing_team: EntityFilter | None = where(
        NEEDING_TEAM, "Team of the needing objective.", value=id_within, external="team"
    )
    giving_team: EntityFilter | None = where(
        "{row}.giving_team_id", "Team that is to give it.", value=id_within, external="team"
    )
    giving_objective: EntityFilter | None = where(
        "giving.id",
        "Objective that is to give it, also where one of its key results is; missing if you cannot see it.",
        value=id_within,
        external="objective",
        among=GIVING_OBJECTIVES,
    )
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable on the giving side.", value=id_within, external="person"
    )
    description: TextComparator | None = where("{row}.description", "Description.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: DependencyStateComparator | None = where("{row}.state", "State, such as AGREED.")
    needed_by: DateComparator | None = where(
        "{row}.needed_by", "Day by which it is needed; missing if it has none."
    )
    and_: list["DependencyFilter"] | None = all_match()
    or_: list["DependencyFilter"] | None = any_matches()
    not_: "DependencyFilter | None" = does_not_match()


InitiativeFilterArgument = Annotated[
    InitiativeFilter | None,
    strawberry.argument(description="Only initiatives that match; all conditions are ANDed."),
]
InitiativeOrderArgument = Annotated[InitiativeOrder | None, BY_CREATION]
DependencyFilterArgument = Annotated[
    DependencyFilter | None,
    strawberry.argument(description="Only dependencies that match; all conditions are ANDed."),
]
DependencyOrderArgument = Annotated[DependencyOrder | None, BY_CREATION]
DependencySideArgument = Annotated[
    DependencySide, strawberry.argument(description="Side on which the team is: GIVING if omitted.")
]
