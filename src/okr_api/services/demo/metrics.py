"""Demo metric: calls to the booking desk, read each month, with key results of two cycles bound to it."""

from datetime import timedelta

from okr_api.okr.metric import BetterDirection
from okr_api.services import key_results
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.metrics import add_metric

from .dates import Calendar
from .steps import Step, ref_to

METRIC = "desk-calls"
BOUND = {"calls-to-the-desk": "priya", "calls-about-the-timetable": "tomas"}
MONTHLY = (455, 447, 436, 431, 428, 420)  # up to the day before the quarter


def metric_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that add the metric with its past readings and bind the key results."""
    created = Step(
        f"metric {METRIC}",
        do=add_metric,
        inputs={
            "name": "Calls to the booking desk in a week",
            "unit": "calls",
            "description": "From the telephone system, every night.",
            "better_direction": BetterDirection.DOWN,
            "owner": ref_to("priya"),
            "team": ref_to("booking"),
            "external_id": METRIC,
        },
    )
    read = Step(f"read {METRIC}", "priya", record_readings, {"items": _readings(calendar)})
    return [created, read, *(_binding(key, by) for key, by in BOUND.items())]


def _readings(calendar: Calendar) -> list[MetricReadingRequest]:
    last = calendar.quarter.starts_on - timedelta(days=1)
    days = [last - timedelta(days=30 * ago) for ago in reversed(range(len(MONTHLY)))]
    return [
        MetricReadingRequest(
            metric=ref_to(METRIC),
            value=value,
            effective_at=calendar.at(day, 0),
            external_id=f"{METRIC}/{day}",
        )
        for value, day in zip(MONTHLY, days, strict=True)
    ]


def _binding(key: str, by: str) -> Step:
    return Step(
        f"bind {key}",
        by,
        key_results.edit_key_result,
        {"key_result": ref_to(key), "edits": {"metric": ref_to(METRIC)}, "measure": {}},
    )
