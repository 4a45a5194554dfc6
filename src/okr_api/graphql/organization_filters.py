"""GraphQL filter inputs of people, teams, priorities and metrics, with each field's SQL expression."""

import strawberry

from okr_api.graphql.comparators import (
    DateComparator,
    EntityFilter,
    PriorityStateComparator,
    RoleComparator,
    TeamRoleComparator,
    TextComparator,
)
from okr_api.graphql.filter_fields import all_match, any_matches, does_not_match, id_within, where


@strawberry.input(description="Filter for people; all conditions are ANDed.")
class PersonFilter:
    """Filter for people."""

    name: TextComparator | None = where("{row}.name", "Name.")
    email: TextComparator | None = where("{row}.email", "E-mail address.")
    active: bool | None = where("{row}.active", "false: has left; true: has not.")
    role: RoleComparator | None = where("{row}.role", "Role, such as ADMIN.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    and_: list["PersonFilter"] | None = all_match()
    or_: list["PersonFilter"] | None = any_matches()
    not_: "PersonFilter | None" = does_not_match()


@strawberry.input(description="Filter for teams; all conditions are ANDed.")
class TeamFilter:
    """Filter for teams."""

    name: TextComparator | None = where("{row}.name", "Name.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    parent: EntityFilter | None = where(
        "{row}.parent_id",
        "Team that it is part of; `isNull: true` finds the top level.",
        value=id_within,
        external="team",
    )
    and_: list["TeamFilter"] | None = all_match()
    or_: list["TeamFilter"] | None = any_matches()
    not_: "TeamFilter | None" = does_not_match()


@strawberry.input(description="Filter for memberships in teams; all conditions are ANDed.")
class TeamMembershipFilter:
    """Filter for memberships in teams."""

    team: EntityFilter | None = where("{row}.team_id", "The team.", value=id_within, external="team")
    person: EntityFilter | None = where("{row}.person_id", "The person.", value=id_within, external="person")
    role: TeamRoleComparator | None = where("{row}.role", "Role in the team, such as LEAD.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    and_: list["TeamMembershipFilter"] | None = all_match()
    or_: list["TeamMembershipFilter"] | None = any_matches()
    not_: "TeamMembershipFilter | None" = does_not_match()


@strawberry.input(description="Filter for priorities; all conditions are ANDed.")
class PriorityFilter:
    """Filter for priorities."""

    title: TextComparator | None = where("{row}.title", "Title.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: PriorityStateComparator | None = where("{row}.state", "State, such as ACTIVE.")
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable.", value=id_within, external="person"
    )
    starts_on: DateComparator | None = where("{row}.starts_on", "First day; missing if it has none.")
    ends_on: DateComparator | None = where("{row}.ends_on", "Last day; missing if it has none.")
    and_: list["PriorityFilter"] | None = all_match()
    or_: list["PriorityFilter"] | None = any_matches()
    not_: "PriorityFilter | None" = does_not_match()


@strawberry.input(description="Filter for metrics; all conditions are ANDed.")
class MetricFilter:
    """Filter for metrics."""

    name: TextComparator | None = where("{row}.name", "Name.")
    unit: TextComparator | None = where("{row}.unit", "Unit.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    owner: EntityFilter | None = where(
        "{row}.owner_id", "Person accountable.", value=id_within, external="person"
    )
    team: EntityFilter | None = where(
        "{row}.team_id", "Team of the metric.", value=id_within, external="team"
    )
    and_: list["MetricFilter"] | None = all_match()
    or_: list["MetricFilter"] | None = any_matches()
    not_: "MetricFilter | None" = does_not_match()
