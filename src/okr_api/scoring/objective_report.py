"""What check-ins on an objective itself report: latest one, status and until when it stands, confidence."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from okr_api.okr.computed_values import ObjectiveStanding, Status
from okr_api.okr.tree import Tree

from .frozen_rules import lapses_at
from .readings import in_their_order, latest_with
from .silence import silence_of

UNREPORTED = ObjectiveStanding()


class ObjectiveReport(NamedTuple):
    """Report on an objective, by the names of its columns."""

    latest_check_in_id: UUID | None
    reported_confidence: float | None
    reported_status: Status | None
    reported_until: datetime | None


def report_of(tree: Tree, objective_id: UUID) -> ObjectiveReport:
    """Return the report by the check-ins that are loaded; if none are, the stored one, which they left."""
    if objective_id not in tree.readings:
        kept = tree.objective_standings.get(objective_id) or UNREPORTED
        return ObjectiveReport(
            kept.latest_check_in_id, kept.reported_confidence, kept.reported_status, kept.reported_until
        )
    in_order = in_their_order(tree.readings[objective_id])
    sure = latest_with(in_order, "confidence")
    objective, cycle = tree.objectives[objective_id], tree.cycle_of(objective_id)
    holidays = cycle.holidays(tree.organization.holiday_calendar)
    silence = silence_of(objective.effective_cadence, cycle.zone(tree.zone), holidays)
    status, until = silence.reported(in_order)
    return ObjectiveReport(
        in_order[-1].check_in_id if in_order else None,
        sure.confidence if sure else None,
        status,
        lapses_at(until, cycle),
    )
