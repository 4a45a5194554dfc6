"""GraphQL type `CycleRules`: what a closed cycle was graded under."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from okr_api.graphql.fields import column, documents, view_of
from okr_api.graphql.types.cadence import HolidayCalendar, holiday_calendar


@view_of()
@strawberry.type(
    description="Rules and settings that a cycle was closed under. Its numbers follow from them for good: no "
    "setting that changes later, no other cycle, no clock and no later release moves them."
)
class CycleRules:
    version: int = column(
        "version", "Version of the rules of scoring; cycles that are closed later may have a higher one."
    )
    frozen_at: datetime = column(
        "at",
        "Instant from which the clock moves none of its numbers: when it was closed. For cycles that a "
        "former release closed, when the service was upgraded, or their end if that was later.",
    )
    time_zone: str = column(
        "time_zone",
        "IANA time zone of its days, such as `Europe/Berlin`; it may differ from the organisation's.",
    )
    holiday_calendar: HolidayCalendar | None = holiday_calendar()
    pending_share: float = column(
        "pending_share", "Share of the time before which no pace was judged, 0 to 1, such as 0.05."
    )
    on_track_gap: float = column(
        "on_track_gap", "How far behind the expected progress was still on track, 0 to 1, such as 0.10."
    )
    at_risk_gap: float = column(
        "at_risk_gap", "How far behind was still at risk, 0 to 1, such as 0.25; beyond it was off track."
    )
    yellow_from: float = column(
        "yellow_from", "Lowest final score with the band YELLOW, 0 to 1, such as 0.4."
    )
    green_from: float = column("green_from", "Lowest final score with the band GREEN, 0 to 1, such as 0.7.")


def rules_document(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return stored rules as their type reads them: with an instant."""
    return {**stored, "at": datetime.fromisoformat(stored["at"])} if stored else None


def cycle_rules() -> Any:
    """Return the field of the rules of a cycle."""
    return documents(
        rules_document,
        "rules",
        description="What it was graded under; null unless it is closed. Reopening it puts it under the "
        "present rules and settings again.",
    )
