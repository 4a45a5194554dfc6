"""GraphQL types of forecasts: what the trend of a key result's readings leads to by its due date."""

from datetime import date, datetime
from typing import Any

import strawberry

from okr_api.graphql.enums import describe
from okr_api.graphql.fields import column, documents, gathered, view_of
from okr_api.query_engine.forecasts import load_forecasts
from okr_api.scoring.forecast import ForecastMethod, ForecastReason

describe(
    ForecastReason,
    "Why there is no projection.",
    NOT_RUNNING="The cycle is not ACTIVE, the objective is not published, or the key result is paused or "
    "dropped.",
    DUE_HAS_PASSED="The due date has passed.",
    MEASURE_HAS_NO_TREND="Values of BOOLEAN and MILESTONES do not follow a line.",
    TOO_FEW_READINGS="There are fewer than three readings at different instants.",
)
describe(
    ForecastMethod,
    "How a projection was made.",
    LINEAR_TREND="A line through the last readings by least squares, with its prediction interval.",
)


@view_of()
@strawberry.type(description="Interval in which a projected number lies with a probability of `level`.")
class ForecastInterval:
    low: float = column("low", "Lower end of the projection.")
    high: float = column("high", "Upper end of the projection.")
    level: float = column("level", "Probability, 0 to 1, that the number will lie in the interval: 0.8.")


@view_of()
@strawberry.type(
    description="Projection of a key result to its due date, by the trend of its readings alone: what "
    "happens if all goes on as before. It is no promise and no target, and changes no number or status."
)
class Forecast:
    reason: ForecastReason | None = column("reason", "Why there is no projection; null if there is one.")
    method: ForecastMethod | None = column("method", "How the projection was made; null if there is none.")
    reading_count: int = column(
        "reading_count", "Number of readings that the projection is made of, at most 8."
    )
    due_at: datetime = column(
        "due_at", "Instant of the projection: the end of the due day, or of the cycle's last day."
    )
    value: float | None = column(
        "value",
        "Projection of `currentValue` at the due date, in `unit`. Not below 0 if no reading, start or "
        "target is. Null without a projection.",
    )
    interval: ForecastInterval | None = documents(
        lambda interval: interval, "interval", description="Projection interval of `value`; null if that is."
    )
    progress: float | None = column(
        "progress",
        "Projection of `progress` at the due date, 0 to 1: that of `value`. Null if that is, for limits, "
        "which are kept and not reached, and where progress cannot be computed.",
    )
    progress_interval: ForecastInterval | None = documents(
        lambda interval: interval,
        "progress_interval",
        description="Projection interval of `progress`, 0 to 1; null if that is.",
    )
    current_rate: float | None = column(
        "current_rate",
        "Change of the value per week by the projection, in `unit`; negative if it falls. Null without one.",
    )
    required_rate: float | None = column(
        "required_rate",
        "Change per week, in `unit`, by which the current value would reach `targetValue` at the due date; "
        "0 if it has. It is known from the first reading on, and is no projection. Null before that, for "
        "limits, without a target, and with any other reason than TOO_FEW_READINGS.",
    )
    reaches_target_on: date | None = column(
        "reaches_target_on",
        "Day on which the projection reaches `targetValue`, perhaps after the due date; that of the latest "
        "reading if it has been reached. Null if it never will or not within ten years, for limits, without "
        "a target, and without a projection.",
    )


def forecast() -> Any:
    """Return the field `forecast` of key results."""
    return gathered(
        load_forecasts,
        "Projection to the due date by the trend of its readings; `reason` says why there is none.",
    )
