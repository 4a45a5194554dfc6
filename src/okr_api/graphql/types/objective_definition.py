"""Base of the GraphQL type `Objective`: texts, kind, state, people, team, cycle and lineage; expressions."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import column, external_id, global_id, listed, many, one
from okr_api.graphql.ordering import sort_by
from okr_api.graphql.policy_enums import ObjectiveVisibility
from okr_api.graphql.types.comment import CommentsOfObjective
from okr_api.graphql.types.cycle import Cycle
from okr_api.graphql.types.follow import FollowersOfObjective
from okr_api.graphql.types.people import Person, Team
from okr_api.graphql.types.priority import Priority
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import ObjectiveKind, ObjectiveState
from okr_api.query_engine.column_expressions import (
    END_OF_OBJECTIVE,
    REPLACED_BY,
    REVIEW,
    carried_to,
    recorded,
)
from okr_api.query_engine.served_priorities import SERVED

if TYPE_CHECKING:
    from okr_api.graphql.types.objective import Objective

EXPRESSIONS = {
    "cycle_ends_at": END_OF_OBJECTIVE,
    "replaced_by_id": REPLACED_BY,
    "review_id": REVIEW,
    **carried_to("objective"),
    **recorded("objective_version"),
}


@strawberry.type
class ObjectiveDefinition(CommentsOfObjective, FollowersOfObjective):
    """Base of the type of objectives."""

    id: strawberry.ID = global_id(NodeType.OBJECTIVE)
    external_id: str | None = external_id()
    title: str = column("title", 'Title, such as "Guests book without help"; 1 to 500 characters.')
    description: str | None = column(
        "description", "Why it matters, at most 10,000 characters; null if there is none."
    )
    kind: ObjectiveKind = column(
        "kind",
        "How the objective is judged: COMMITTED expects a score of 1.0, ASPIRATIONAL 0.7, "
        "LEARNING is not judged.",
    )
    state: ObjectiveState = column(
        "state",
        "DRAFT, PUBLISHED, PAUSED, DROPPED or CLOSED; only published and closed ones count in their parents.",
    )
    owner: Person | None = one("owner_id", "Person accountable; null if unassigned.")
    contributors: list[Person] = listed(
        "contributor_ids", "People who work on it beside the owner, at most 100."
    )
    priorities: list[Priority] = listed(
        "priority_ids", "Strategic priorities that it names itself, at most 20, in the given order."
    )
    served_priorities: list[Priority] = many(
        "serves.start",
        "Strategic priorities that it serves: those that it names itself, and those that published "
        "objectives above it name; by rank.",
        joined=SERVED,
        order=sort_by("RANK"),
    )
    stands_alone_reason: str | None = column(
        "stands_alone_reason",
        "Why it serves nothing on purpose, as CommonMark, at most 10,000 characters; null if not given.",
    )
    visibility: ObjectiveVisibility = column(
        "visibility",
        "Who sees it, with everything that belongs to it: the ORGANIZATION, its TEAM, or only the people "
        "named (PRIVATE).",
    )
    shared_with: list[Person] = listed(
        "shared_with_ids",
        "People who see it while it is PRIVATE, beside its owner and contributors, at most 100; without "
        "effect otherwise.",
    )
    replaces: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "replaces_id",
        "Dropped objective of which it is the successor; null if it has replaced none, or if you cannot see "
        "that one.",
    )
    replaced_by: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "replaced_by_id",
        "Its latest successor; null if it was never replaced, or if you cannot see that one. It stays if the "
        "objective is restored.",
    )
    carried_from: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "carried_from_id",
        "Objective of an earlier cycle that goes on in this one, by `cycleRollOver`; null if there is none, "
        "or if you cannot see that one.",
    )
    carried_to: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "carried_to_id",
        "Objective of a later cycle in which it goes on, the latest if there are several; null if there is "
        "none, or if you cannot see that one.",
    )
    team: Team | None = one("team_id", "Team that it belongs to; null for none.")
    cycle: Cycle = one("cycle_id", "Cycle that it is set for.")
