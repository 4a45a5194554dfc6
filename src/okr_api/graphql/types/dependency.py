"""GraphQL type of dependencies, and the fields that list them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    global_id,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.ordering import ordering
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.graphql.work_enums import DependencySide, DependencyState
from okr_api.graphql.work_filters import (
    DependencyFilterArgument,
    DependencyOrderArgument,
    DependencySideArgument,
)
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page
from okr_api.query_engine.sql_builder import SelectStatement
from okr_api.store.hidden_rows import HIDDEN_DEPENDENCY
from okr_api.store.tree_edges import GIVING_OBJECTIVE, NEEDING_OBJECTIVE

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Person, Team

# Join for the dependencies of the teams `{parents}`, as `{row}`, with the side on which each team is.
OF_TEAMS = """
    join (
        select id, giving_team_id as team_id, 'GIVING' as side from dependency
        where organization_id = $1 and giving_team_id = any({parents}::uuid[])
        union all
        select need.id, holder.team_id, 'NEEDING' from objective holder
        join dependency need on need.organization_id = $1 and need.needing_objective_id = holder.id
        where holder.organization_id = $1 and holder.team_id = any({parents}::uuid[])
        union all
        select need.id, holder.team_id, 'NEEDING' from objective holder
        join key_result part on part.organization_id = $1 and part.objective_id = holder.id
        join dependency need on need.organization_id = $1 and need.needing_key_result_id = part.id
        where holder.organization_id = $1 and holder.team_id = any({parents}::uuid[])
    ) sides on sides.id = {row}.id
"""


def _narrow_to_side(statement: SelectStatement, given: Mapping[str, Any]) -> None:
    """Add the condition that the team is on the side that the argument names."""
    side = DependencySide(given.get("side") or DependencySide.GIVING)
    statement.where(f"sides.side = {statement.parameter(str(side))}")


@view_of(
    "(select * from dependency where not removed)",
    hidden=HIDDEN_DEPENDENCY,
    expressions={
        **recorded("dependency_version"),
        "needing_holder_id": NEEDING_OBJECTIVE,
        "giving_holder_id": GIVING_OBJECTIVE,
    },
)
@strawberry.type(
    description="What an objective or a key result needs of another team. It changes no number, and is "
    "visible where the needing objective is."
)
class Dependency(Node):
    id: strawberry.ID = global_id(NodeType.DEPENDENCY)
    external_id: str | None = external_id()
    description: str = column("description", "What is needed, as CommonMark, 1 to 10,000 characters.")
    needing_objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "needing_holder_id",
        "Objective that needs it: its own one, or that of `needingKeyResult`.",
        seen=True,
    )
    needing_key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = (
        one(
            "needing_key_result_id",
            "Key result that needs it; null if the objective itself does.",
            seen=True,
        )
    )
    giving_team: Annotated["Team", strawberry.lazy("okr_api.graphql.types.people")] = one(
        "giving_team_id", "Team that is to give it."
    )
    giving_objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "giving_holder_id",
        "Objective that is to give it: its own one, or that of `givingKeyResult`. Null if none was named, or "
        "if you cannot see it.",
    )
    giving_key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = (
        one(
            "giving_key_result_id",
            "Key result that is to give it; null if none was named, or if you cannot see it.",
        )
    )
    owner: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "owner_id", "Person accountable on the giving side; null if unassigned."
    )
    needed_by: date | None = column("needed_by", "Day by which it is needed; null if there is none.")
    state: DependencyState = column("state", "OPEN, AGREED, DELIVERED or FAILED.")
    viewer_can: ViewerCan = viewer_can(NodeType.DEPENDENCY)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class DependenciesOfObjective:
    """Base of the type of objectives: what it needs."""

    @paged(
        Page(by="{row}.needing_objective_id", seen=True, ordering=ordering, check=validate_filter),
        "What the objective itself needs of other teams, in order of creation unless `orderBy` is given. "
        "What its key results need is listed there; `Query.dependencies` finds all with `filter: { "
        "needingObjective }`, and what it is to give with `filter: { givingObjective }`.",
    )
    def dependencies(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DependencyFilterArgument = None,
        order_by: DependencyOrderArgument = None,
    ) -> Connection[Dependency]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class DependenciesOfKeyResult:
    """Base of the type of key results: what it needs."""

    @paged(
        Page(by="{row}.needing_key_result_id", seen=True, ordering=ordering, check=validate_filter),
        "What the key result needs of other teams, in order of creation unless `orderBy` is given.",
    )
    def dependencies(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DependencyFilterArgument = None,
        order_by: DependencyOrderArgument = None,
    ) -> Connection[Dependency]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class DependenciesOfPerson:
    """Base of the type of people: what a person answers for on the giving side."""

    @paged(
        Page(by="{row}.owner_id", ordering=ordering, check=validate_filter),
        "Dependencies for which the person answers on the giving side, without those that you cannot see; "
        "in order of creation unless `orderBy` is given.",
    )
    def dependencies(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DependencyFilterArgument = None,
        order_by: DependencyOrderArgument = None,
    ) -> Connection[Dependency]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class DependenciesOfTeam:
    """Base of the type of teams: what it is to give, or what it needs."""

    @paged(
        Page(
            by="sides.team_id",
            joined=OF_TEAMS,
            ordering=ordering,
            check=validate_filter,
            narrow=_narrow_to_side,
        ),
        "What the team is to give to others, or with `side: NEEDING` what its objectives and their key "
        "results need, without those that you cannot see; in order of creation unless `orderBy` is given.",
    )
    def dependencies(
        self,
        side: DependencySideArgument = DependencySide.GIVING,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DependencyFilterArgument = None,
        order_by: DependencyOrderArgument = None,
    ) -> Connection[Dependency]:
        raise AssertionError("It is read by its declaration")
