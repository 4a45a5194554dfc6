"""GraphQL types of simulations: what changes would do, and parts of the tree as it would be."""

from datetime import datetime

import strawberry

from okr_api.graphql.errors import UserError
from okr_api.graphql.fields import answered, answered_by, column, documents, view_of
from okr_api.graphql.list_arguments import ObjectiveFilterArgument, ObjectiveOrderArgument
from okr_api.graphql.notices import Notice
from okr_api.graphql.queries.lookups import ExternalIdArgument, IdArgument
from okr_api.graphql.queries.tree import (
    CycleExternalId,
    CycleId,
    Depth,
    IncludeSubteams,
    PersonExternalId,
    PersonId,
    PriorityExternalId,
    PriorityId,
    RootExternalId,
    RootId,
    TeamExternalId,
    TeamId,
)
from okr_api.graphql.types.change import ProgressDelta
from okr_api.graphql.types.key_result import KeyResult
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.graphql.types.objective import Objective
from okr_api.graphql.types.tree import ObjectiveTree

AS_IT_WOULD_BE = "As the root field of this name, after the changes: ids in arguments are living ones. "


@view_of()
@strawberry.type(description="What one change of a simulation would do.")
class SimulationResult:
    index: int = column("index", "Index of the change in `changes`, from 0.")
    deltas: list[ProgressDelta] = documents(
        lambda deltas: deltas,
        "deltas",
        description="Every number that the change would move, children before parents.",
    )
    errors: list[UserError] = documents(
        lambda errors: errors,
        "errors",
        description="Why the mutation would reject it, with paths in its input; the changes after it are "
        "simulated without it then. Empty if it would be applied.",
    )
    notices: list[Notice] = documents(
        lambda notices: notices, "notices", description="What the mutation would return as its `notices`."
    )


@view_of()
@strawberry.type(
    description="Result of simulating changes, of which nothing is stored. Ids in it name the simulation: "
    "they cannot be read again; `currentId` is that of the living entity, if there is one."
)
class Simulation:
    at: datetime = answered("Instant at which it was simulated.")
    results: list[SimulationResult] = answered("One result for each change, in their order.")
    deltas: list[ProgressDelta] = answered(
        "Every number that all changes together would move: from before the first to after the last."
    )

    @answered_by(AS_IT_WOULD_BE + "Null if it would not exist or you could not see it.")
    def objective(self, id: IdArgument = None, external_id: ExternalIdArgument = None) -> Objective | None:
        raise AssertionError("It is answered by the root field")

    @answered_by(AS_IT_WOULD_BE + "Null if it would not exist or you could not see it.")
    def key_result(self, id: IdArgument = None, external_id: ExternalIdArgument = None) -> KeyResult | None:
        raise AssertionError("It is answered by the root field")

    @answered_by(AS_IT_WOULD_BE + "All objectives that you could see.")
    def objectives(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ObjectiveFilterArgument = None,
        order_by: ObjectiveOrderArgument = None,
    ) -> Connection[Objective] | None:
        raise AssertionError("It is answered by the root field")

    @answered_by(AS_IT_WOULD_BE + "Null if something that is named would not exist.")
    def objective_tree(
        self,
        cycle_id: CycleId = None,
        cycle_external_id: CycleExternalId = None,
        root_id: RootId = None,
        root_external_id: RootExternalId = None,
        team_id: TeamId = None,
        team_external_id: TeamExternalId = None,
        include_subteams: IncludeSubteams = False,
        person_id: PersonId = None,
        person_external_id: PersonExternalId = None,
        priority_id: PriorityId = None,
        priority_external_id: PriorityExternalId = None,
        depth: Depth = None,
    ) -> ObjectiveTree | None:
        raise AssertionError("It is answered by the root field")
