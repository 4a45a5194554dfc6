"""Mappers between rows of metric readings and `MetricReading` objects."""

from typing import Any

from okr_api.okr.metric import MetricReading

from .check_in import author_of
from .row_mapper import row_mapper

METRIC_READING = row_mapper(MetricReading, {"author": author_of})
metric_reading_of = METRIC_READING.object_of


def metric_reading_row(reading: MetricReading) -> dict[str, Any]:
    """Return the columns of a reading."""
    author = reading.author
    return METRIC_READING.row_of(reading) | {
        "author_name": author.name,
        "author_person_id": author.person_id,
    }
