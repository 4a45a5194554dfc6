"""Tables: SQLModel classes that declare columns and constraints; they do not validate."""

from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel

from .alignment import AlignmentRow, AlignmentVersionRow
from .change import AudienceChangeRow, ChangeNodeRow, ChangeRow, FeedHeadRow, IdempotencyRow
from .check_in import CheckInRow
from .cycle import CycleRow, CycleVersionRow
from .job import JobRow
from .key_result import KeyResultRow, KeyResultVersionRow
from .metric import MetricReadingRow, MetricRow, MetricVersionRow
from .objective import ObjectiveRow, ObjectiveVersionRow
from .organization import OrganizationRow, OrganizationVersionRow, TokenRow
from .people import (
    PersonRow,
    PersonVersionRow,
    TeamRow,
    TeamVersionRow,
)
from .priority import PriorityRow, PriorityVersionRow

metadata = SQLModel.metadata


def table_of(row: type[Any]) -> Table:
    """Return the SQLAlchemy table of a SQLModel class."""
    table = row.__table__
    assert isinstance(table, Table)
    return table


__all__ = [
    "AlignmentRow",
    "AlignmentVersionRow",
    "AudienceChangeRow",
    "ChangeNodeRow",
    "ChangeRow",
    "CheckInRow",
    "CycleRow",
    "CycleVersionRow",
    "FeedHeadRow",
    "IdempotencyRow",
    "JobRow",
    "KeyResultRow",
    "KeyResultVersionRow",
    "MetricReadingRow",
    "MetricRow",
    "MetricVersionRow",
    "ObjectiveRow",
    "ObjectiveVersionRow",
    "OrganizationRow",
    "OrganizationVersionRow",
    "PersonRow",
    "PersonVersionRow",
    "PriorityRow",
    "PriorityVersionRow",
    "TeamRow",
    "TeamVersionRow",
    "TokenRow",
    "metadata",
    "table_of",
]
