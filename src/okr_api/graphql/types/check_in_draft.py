"""GraphQL type `CheckInDraft`, and the fields that list drafts of check-ins."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    global_id,
    one,
    paged,
    same,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page
from okr_api.store.hidden_rows import HIDDEN_CHECK_IN_DRAFT
from okr_api.store.tree_edges import OBJECTIVE_OF_CHECK_IN

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Actor, Person

DRAFTS_OF_MEASURED = (
    "Drafts of check-ins on it that you can see, in order of creation. One of a key result is not listed by "
    "its objective."
)


@view_of(
    "(select * from check_in_draft where not removed)",
    hidden=HIDDEN_CHECK_IN_DRAFT,
    expressions={**recorded("check_in_draft_version"), "holder_id": OBJECTIVE_OF_CHECK_IN},
)
@strawberry.type(
    description="A check-in that somebody, or a service, has prepared for a person, who publishes it with "
    "`checkInPublish`. It counts nowhere. Visible where its objective is, to who prepared it, who it is for, "
    "who may edit the objective, and services."
)
class CheckInDraft(Node):
    id: strawberry.ID = global_id(NodeType.CHECK_IN_DRAFT)
    external_id: str | None = external_id()
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] = one(
        "holder_id", "Objective that it is about: itself, or that of `keyResult`.", seen=True
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id",
        "Key result that it is about; null if it is for a check-in on the objective itself.",
        seen=True,
    )
    assignee: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] = one(
        "assignee_id", "Person who is to publish it; nobody else can."
    )
    author: Annotated["Actor", strawberry.lazy("okr_api.graphql.types.people")] = same(
        "Person or service that prepared it."
    )
    value: float | None = column(
        "value", "Value, in the key result's unit; null if none is proposed, and for an objective."
    )
    milestones_done: list[str] | None = column(
        "milestones_done", "Keys of all milestones done, for MILESTONES; null if none are proposed."
    )
    confidence: float | None = column("confidence", "Confidence, 0 to 1; null if none is proposed.")
    status: ReportedStatus | None = column("status", "Status; null if none is proposed.")
    note: str | None = column("note", "Free text, at most 4,000 characters; null if there is none.")
    effective_at: datetime | None = column(
        "effective_at", "Instant that the check-in is for; null for when it is published."
    )
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class DraftsOfObjective:
    """Base of the type of objectives: drafts of check-ins on it."""

    @paged(Page(by="{row}.objective_id"), DRAFTS_OF_MEASURED)
    def check_in_drafts(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[CheckInDraft]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class DraftsOfKeyResult:
    """Base of the type of key results: drafts of check-ins on it."""

    @paged(Page(by="{row}.key_result_id"), DRAFTS_OF_MEASURED)
    def check_in_drafts(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[CheckInDraft]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class DraftsOfPerson:
    """Base of the type of people: drafts that a person is to publish."""

    @paged(
        Page(by="{row}.assignee_id"),
        "Drafts of check-ins that the person is to publish, without those that you cannot see; in order of "
        "creation.",
    )
    def check_in_drafts(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[CheckInDraft]:
        raise AssertionError("It is read by its declaration")
