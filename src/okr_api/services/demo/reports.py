"""Demo reports: check-ins on an objective by its owner, and a draft that a service prepares; the steps."""

from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.entity import NodeType
from okr_api.services.check_in_drafts import add_draft
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.references import Ref

from .check_in_generator import PLANNED, WEEKDAYS
from .dates import Calendar
from .steps import Step

REPORTED = "no-queue-on-the-quay"
REPORTS = (
    (ReportedStatus.AT_RISK, 0.5, "The second ramp is late, and every boarding waits for the first."),
    (ReportedStatus.ON_TRACK, 0.7, "The second ramp is in use; the queue is gone by eight."),
)
DRAFTED = "calls-to-the-desk"


def report_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that check in on an objective in the latest two weeks, and draft a check-in."""
    by = PLANNED[REPORTED].owner
    days = [*calendar.weeks(WEEKDAYS[by])][-len(REPORTS) :]
    reports = [
        CheckInRequest(
            objective=Ref(external_id=REPORTED),
            status=status,
            confidence=confidence,
            note=note,
            effective_at=calendar.at(day, 60),
            external_id=f"{REPORTED}/{day}",
        )
        for day, (status, confidence, note) in zip(days, REPORTS[len(REPORTS) - len(days) :], strict=True)
    ]
    draft = {
        "measured": Ref(external_id=DRAFTED, node_type=NodeType.KEY_RESULT),
        "value": 344.0,
        "note": "Counted from the log of the telephone exchange, Monday to Sunday.",
        "external_id": "calls-from-the-log",
    }
    steps = [Step(f"report {each.external_id}", by, items=[each]) for each in reports]
    return [*steps, Step("draft calls-from-the-log", None, add_draft, draft)]
