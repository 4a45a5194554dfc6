"""Tables: SQLModel classes that declare columns and constraints; they do not validate."""

from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel

from .absence import AbsenceRow, AbsenceVersionRow
from .alignment import AlignmentRow, AlignmentVersionRow
from .change import ChangeNodeRow, ChangeRow, FeedHeadRow, IdempotencyRow, VisibilityChangeRow
from .check_in import CheckInRow
from .check_in_draft import CheckInDraftRow, CheckInDraftVersionRow
from .clock import ClockPositionRow
from .cycle import CycleRow, CycleVersionRow
from .decision import DecisionRow, DecisionVersionRow
from .dependency import DependencyRow, DependencyVersionRow
from .discussion import (
    CommentRow,
    CommentVersionRow,
    FollowRow,
    FollowVersionRow,
    ReactionRow,
    ReactionVersionRow,
)
from .experiment import ExperimentRow, ExperimentVersionRow
from .initiative import InitiativeRow, InitiativeVersionRow
from .job import JobRow
from .key_result import KeyResultRow, KeyResultVersionRow
from .lesson import LessonRow, LessonVersionRow
from .meeting import MeetingRow, MeetingVersionRow
from .metric import MetricReadingRow, MetricRow, MetricVersionRow
from .notification import NotificationReadRow, NotificationRow
from .objective import ObjectiveRow, ObjectiveVersionRow
from .organization import OrganizationRow, OrganizationVersionRow, SignInRow, TokenRow
from .people import (
    PersonRow,
    PersonVersionRow,
    TeamRow,
    TeamVersionRow,
)
from .priority import PriorityRow, PriorityVersionRow
from .pulse import PulseBallotRow, PulseRow, PulseVersionRow
from .review_record import ReviewRecordRow, ReviewRecordVersionRow
from .roadblock import RoadblockRow, RoadblockVersionRow
from .webhook import WebhookAttemptRow, WebhookRow

metadata = SQLModel.metadata


def table_of(row: type[Any]) -> Table:
    """Return the SQLAlchemy table of a SQLModel class."""
    table = row.__table__
    assert isinstance(table, Table)
    return table


__all__ = [
    "AbsenceRow",
    "AbsenceVersionRow",
    "AlignmentRow",
    "AlignmentVersionRow",
    "ChangeNodeRow",
    "ChangeRow",
    "CheckInDraftRow",
    "CheckInDraftVersionRow",
    "CheckInRow",
    "ClockPositionRow",
    "CommentRow",
    "CommentVersionRow",
    "CycleRow",
    "CycleVersionRow",
    "DecisionRow",
    "DecisionVersionRow",
    "DependencyRow",
    "DependencyVersionRow",
    "ExperimentRow",
    "ExperimentVersionRow",
    "FeedHeadRow",
    "FollowRow",
    "FollowVersionRow",
    "IdempotencyRow",
    "InitiativeRow",
    "InitiativeVersionRow",
    "JobRow",
    "KeyResultRow",
    "KeyResultVersionRow",
    "LessonRow",
    "LessonVersionRow",
    "MeetingRow",
    "MeetingVersionRow",
    "MetricReadingRow",
    "MetricRow",
    "MetricVersionRow",
    "NotificationReadRow",
    "NotificationRow",
    "ObjectiveRow",
    "ObjectiveVersionRow",
    "OrganizationRow",
    "OrganizationVersionRow",
    "PersonRow",
    "PersonVersionRow",
    "PriorityRow",
    "PriorityVersionRow",
    "PulseBallotRow",
    "PulseRow",
    "PulseVersionRow",
    "ReactionRow",
    "ReactionVersionRow",
    "ReviewRecordRow",
    "ReviewRecordVersionRow",
    "RoadblockRow",
    "RoadblockVersionRow",
    "SignInRow",
    "TeamRow",
    "TeamVersionRow",
    "TokenRow",
    "VisibilityChangeRow",
    "WebhookAttemptRow",
    "WebhookRow",
    "metadata",
    "table_of",
]
