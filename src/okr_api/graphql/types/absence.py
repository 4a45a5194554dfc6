"""GraphQL type of absences, and the field that lists those of a person."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.absence_filters import AbsenceFilterArgument, AbsenceOrderArgument
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
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.field_sources import Page

if TYPE_CHECKING:
    from okr_api.graphql.types.people import Person


@view_of("(select * from absence where not removed)", expressions=recorded("absence_version"))
@strawberry.type(
    description="Days on which a person is away: their check-ins on these days are excused, and owed by the "
    "delegate."
)
class Absence(Node):
    id: strawberry.ID = global_id(NodeType.ABSENCE)
    external_id: str | None = external_id()
    person: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] = one(
        "person_id", "Person who is away."
    )
    starts_on: date = column("starts_on", "First day, in the organisation's time zone.")
    ends_on: date = column("ends_on", "Last day, in the organisation's time zone.")
    delegate: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "delegate_id", "Person who owes the check-ins meanwhile, and may record them; null if nobody does."
    )
    note: str | None = column(
        "note", "Note for others, as CommonMark, at most 10,000 characters; null if there is none."
    )
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class AbsencesOfPerson:
    """Base of the type of people: the days on which a person is away."""

    @paged(
        Page(by="{row}.person_id", ordering=ordering, check=validate_filter),
        "Days on which the person is away, in order of creation unless `orderBy` is given.",
    )
    def absences(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AbsenceFilterArgument = None,
        order_by: AbsenceOrderArgument = None,
    ) -> Connection[Absence]:
        raise AssertionError("It is read by its declaration")
