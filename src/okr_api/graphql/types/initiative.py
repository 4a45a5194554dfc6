"""GraphQL type of initiatives, and the fields that list them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

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
from okr_api.graphql.work_enums import InitiativeState
from okr_api.graphql.work_filters import InitiativeFilterArgument, InitiativeOrderArgument
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page
from okr_api.store.hidden_rows import HIDDEN_INITIATIVE
from okr_api.store.tree_edges import OBJECTIVE_OF_INITIATIVE

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Person


@view_of(
    "(select * from initiative where not removed)",
    hidden=HIDDEN_INITIATIVE,
    expressions={**recorded("initiative_version"), "holder_id": OBJECTIVE_OF_INITIATIVE},
)
@strawberry.type(
    description="Work behind an objective or a key result. It never counts: progress comes from what was "
    "measured. It is visible where its objective is."
)
class Initiative(Node):
    id: strawberry.ID = global_id(NodeType.INITIATIVE)
    external_id: str | None = external_id()
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "holder_id", "Objective that it is the work for: its own one, or that of `keyResult`.", seen=True
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id",
        "Key result that it is the work for; null if it is for the objective itself.",
        seen=True,
    )
    title: str = column("title", 'Title, such as "Rewrite the booking form"; 1 to 500 characters.')
    description: str | None = column(
        "description", "Details, as CommonMark, at most 10,000 characters; null if there are none."
    )
    owner: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "owner_id", "Person accountable, who may edit it; null if unassigned."
    )
    due_on: date | None = column("due_on", "Day by which it is to be done; null if there is none.")
    state: InitiativeState = column("state", "TODO, DOING, DONE or DROPPED.")
    link: str | None = column(
        "link", "Where the work is tracked: an http or https URL, at most 2,000 characters; null if none."
    )
    viewer_can: ViewerCan = viewer_can(NodeType.INITIATIVE)
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class InitiativesOfObjective:
    """Base of the type of objectives: the initiatives for it."""

    @paged(
        Page(by="{row}.objective_id", seen=True, ordering=ordering, check=validate_filter),
        "Work for the objective itself, in order of creation unless `orderBy` is given. That for its key "
        "results is listed there; `Query.initiatives` finds all with `filter: { objective }`.",
    )
    def initiatives(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: InitiativeFilterArgument = None,
        order_by: InitiativeOrderArgument = None,
    ) -> Connection[Initiative]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class InitiativesOfKeyResult:
    """Base of the type of key results: the initiatives for it."""

    @paged(
        Page(by="{row}.key_result_id", seen=True, ordering=ordering, check=validate_filter),
        "Work for the key result, in order of creation unless `orderBy` is given.",
    )
    def initiatives(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: InitiativeFilterArgument = None,
        order_by: InitiativeOrderArgument = None,
    ) -> Connection[Initiative]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class InitiativesOfPerson:
    """Base of the type of people: the initiatives that a person owns."""

    @paged(
        Page(by="{row}.owner_id", ordering=ordering, check=validate_filter),
        "Initiatives that the person is accountable for, without those that you cannot see; in order of "
        "creation unless `orderBy` is given.",
    )
    def initiatives(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: InitiativeFilterArgument = None,
        order_by: InitiativeOrderArgument = None,
    ) -> Connection[Initiative]:
        raise AssertionError("It is read by its declaration")
