"""GraphQL types `Metric` and `MetricReading`, with pages of readings, key results and check-ins."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.enums import describe
from okr_api.graphql.fields import (
    column,
    created_at,
    derived,
    external_id,
    global_id,
    one,
    paged,
    same,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.list_arguments import (
    CheckInFilterArgument,
    CheckInOrderArgument,
    KeyResultFilterArgument,
    KeyResultOrderArgument,
)
from okr_api.graphql.ordering import ordering, sort_by
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.graphql.types.people import Actor, Person, Team
from okr_api.graphql.types.permissions import ViewerCan, viewer_can
from okr_api.okr.entity import NodeType
from okr_api.okr.metric import BetterDirection
from okr_api.query_engine.column_expressions import CURRENT_METRIC_READING, LATER_METRIC_READING, recorded
from okr_api.query_engine.field_sources import Page

if TYPE_CHECKING:
    from okr_api.graphql.types.check_in import CheckIn
    from okr_api.graphql.types.key_result import KeyResult

describe(
    BetterDirection,
    "Direction in which a metric should go. It changes no number.",
    UP="More is better, such as revenue.",
    DOWN="Less is better, such as waiting time.",
    NEITHER="Neither is better in itself, such as a head count, or a temperature to keep.",
)


@view_of(
    "(select * from metric where not removed)",
    expressions={
        **recorded("metric_version"),
        "current_reading_id": CURRENT_METRIC_READING.replace("{column}", "id"),
        "current_value": CURRENT_METRIC_READING.replace("{column}", "value"),
    },
)
@strawberry.type(
    description="A number that outlives cycles, such as the monthly revenue. It is recorded once, and every "
    "key result that is bound to it moves."
)
class Metric(Node):
    id: strawberry.ID = global_id(NodeType.METRIC)
    external_id: str | None = external_id()
    name: str = column("name", "Name, 1 to 500 characters.")
    unit: str | None = column("unit", "Unit of all its values, such as `%` or `EUR`; null if it has none.")
    description: str | None = column("description", "Details, at most 10,000 characters; null if none.")
    better_direction: BetterDirection = column(
        "better_direction", "Direction in which it should go, for texts and colours; no number depends on it."
    )
    owner: Person | None = one("owner_id", "Person accountable; null if unassigned.")
    viewer_can: ViewerCan = viewer_can(NodeType.METRIC)
    team: Team | None = one("team_id", "Team that it belongs to; null if it belongs to none.")
    current_value: float | None = column(
        "current_value", "Value of `currentReading`, in `unit`; null before the first reading."
    )
    current_reading: "MetricReading | None" = one(
        "current_reading_id", "Current reading with the latest `effectiveAt`; null before the first one."
    )
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()

    @paged(
        Page(by="{row}.metric_id", order=sort_by("EFFECTIVE_AT", descending=True)),
        "All readings, also corrected and retracted ones; the latest `effectiveAt` first.",
    )
    def readings(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection["MetricReading"]:
        raise AssertionError("It is read by its declaration")

    @paged(
        Page(by="{row}.metric_id", ordering=ordering, check=validate_filter),
        "Key results that are bound to it, also of past cycles, in order of creation unless `orderBy` is "
        "given.",
    )
    def key_results(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: KeyResultFilterArgument = None,
        order_by: KeyResultOrderArgument = None,
    ) -> Connection[Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")]]:
        raise AssertionError("It is read by its declaration")


@view_of("metric_reading", expressions={"superseded_by_id": LATER_METRIC_READING})
@strawberry.type(
    description="What was read of a metric at one instant. Never edited; a later reading can correct or "
    "retract it."
)
class MetricReading(Node):
    id: strawberry.ID = global_id(NodeType.METRIC_READING)
    external_id: str | None = external_id()
    metric: Metric | None = one("metric_id", "The metric; null once it is deleted.")
    value: float | None = column("value", "Value, in the metric's unit; null for a retraction.")
    note: str | None = column("note", "Free text, at most 4,000 characters; null if there is none.")
    effective_at: datetime = column(
        "effective_at",
        "Instant that the reading is for. The current one with the latest is the metric's current reading.",
    )
    recorded_at: datetime = column(
        "recorded_at", "When it was recorded; later than `effectiveAt` if it was back-dated."
    )
    author: Actor = same("Person or service that recorded it.")
    seq: Seq = column("seq", "Feed position of the change that recorded it.")
    supersedes: "MetricReading | None" = one(
        "supersedes_id", "Reading that this one corrects or retracts; null for most."
    )
    superseded_by: "MetricReading | None" = one(
        "superseded_by_id", "Reading that corrects or retracts this one; null if none does."
    )
    retraction_reason: str | None = column(
        "retraction_reason", "Why `supersedes` was retracted; null unless this reading is a retraction."
    )
    is_current: bool = derived(
        lambda superseded_by, retraction: superseded_by is None and retraction is None,
        "superseded_by_id",
        "retraction_reason",
        description="True if it counts: it was neither corrected nor retracted, and is no retraction itself.",
    )

    @paged(
        Page(
            by="{row}.metric_reading_id",
            order=sort_by("EFFECTIVE_AT", descending=True),
            ordering=ordering,
            check=validate_filter,
        ),
        "Check-ins that it made on key results, also corrected and retracted ones, without those that you "
        "cannot see; latest first unless `orderBy` is given.",
    )
    def check_ins(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CheckInFilterArgument = None,
        order_by: CheckInOrderArgument = None,
    ) -> Connection[Annotated["CheckIn", strawberry.lazy("okr_api.graphql.types.check_in")]]:
        raise AssertionError("It is read by its declaration")
