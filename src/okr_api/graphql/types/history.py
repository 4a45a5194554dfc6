"""GraphQL types of the history of a number, and the field that has it."""

from datetime import datetime
from typing import Annotated

import strawberry

from okr_api.graphql.enums import describe_input
from okr_api.graphql.fields import column, gathered_by, view_of
from okr_api.okr.entity import NodeType
from okr_api.okr.history import HistoryMetric, HistoryStep
from okr_api.query_engine.histories import history_loader

describe_input(
    HistoryMetric,
    "Number whose history is asked for.",
    PROGRESS="`progress`, 0 to 1.",
    VALUE="`currentValue`, in `unit`. Objectives have none: theirs is null at every point.",
    CONFIDENCE="`confidence`, 0 to 1.",
    EXPECTED_PROGRESS="`expectedProgress`, 0 to 1, as it is planned now; the only one that also has points "
    "after now.",
)
describe_input(
    HistoryStep,
    "Distance between two points of a history.",
    DAY="From one local midnight to the next, which may be 23 or 25 hours.",
    WEEK="From the beginning of one Monday to that of the next.",
)
HISTORY = (
    "How a number went, oldest first, fit for a burn-up chart: a point at `from`, at each local midnight "
    "after it, and at `to`. Each counts the check-ins that were effective by then, as they stand now: "
    "corrections and retractions are included, and weights and targets are those of now. The last point is "
    "the present number while the cycle runs. At most 400 points."
)
MetricArgument = Annotated[HistoryMetric, strawberry.argument(description="Number to return.")]
HistoryFrom = Annotated[
    datetime | None,
    strawberry.argument(
        name="from", description="Instant of the first point; the start of the cycle if omitted."
    ),
]
HistoryTo = Annotated[
    datetime | None,
    strawberry.argument(
        name="to",
        description="Instant of the last point; now if omitted, or the end of the cycle if it is over. Later "
        "than now only for EXPECTED_PROGRESS; other histories end now.",
    ),
]
StepArgument = Annotated[HistoryStep, strawberry.argument(description="Distance between two points.")]


@view_of()
@strawberry.type(description="What a number was at an instant, by all that is known now.")
class HistoryPoint:
    at: datetime = column("at", "Instant of the point.")
    value: float | None = column(
        "value", "The number; null where it could not be computed, such as before the first check-in."
    )


@strawberry.type
class HistoryOfObjective:
    """Base of the type of objectives: the history of their numbers."""

    @gathered_by(history_loader(NodeType.OBJECTIVE), HISTORY)
    def history(
        self,
        metric: MetricArgument,
        since: HistoryFrom = None,
        until: HistoryTo = None,
        step: StepArgument = HistoryStep.DAY,
    ) -> list[HistoryPoint]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class HistoryOfKeyResult:
    """Base of the type of key results: the history of their numbers."""

    @gathered_by(history_loader(NodeType.KEY_RESULT), HISTORY)
    def history(
        self,
        metric: MetricArgument,
        since: HistoryFrom = None,
        until: HistoryTo = None,
        step: StepArgument = HistoryStep.DAY,
    ) -> list[HistoryPoint]:
        raise AssertionError("It is read by its declaration")
