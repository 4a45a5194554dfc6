"""Demo work: initiatives behind objectives and key results, and the steps that add them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from okr_api.okr.entity import NodeType
from okr_api.okr.initiative import InitiativeState
from okr_api.services.initiatives import add_initiative
from okr_api.services.references import Ref

from .dates import Calendar
from .steps import Step, ref_to

TRACKER = "https://work.saltwind.example"


@dataclass(frozen=True, slots=True)
class PlannedInitiative:
    """Initiative to create, by the owner of the objective; `number` is a part of its link."""

    key: str
    of: str
    title: str
    by: str
    owner: str
    node_type: NodeType = NodeType.OBJECTIVE
    state: InitiativeState = InitiativeState.TODO
    due: Callable[[Calendar], date] | None = None
    number: int | None = None


def _weeks_in(weeks: int) -> Callable[[Calendar], date]:
    return lambda calendar: calendar.quarter.starts_on + timedelta(weeks=weeks)


INITIATIVES = (
    PlannedInitiative(
        "one-form-instead-of-five",
        "booked-in-a-minute",
        "Put the five booking forms on one page",
        by="mei",
        owner="priya",
        state=InitiativeState.DOING,
        due=_weeks_in(9),
        number=212,
    ),
    PlannedInitiative(
        "timetable-on-the-phone-line",
        "calls-to-the-desk",
        "Read the timetable out before the phone rings",
        by="mei",
        owner="mei",
        node_type=NodeType.KEY_RESULT,
        state=InitiativeState.DONE,
        due=_weeks_in(3),
        number=187,
    ),
    PlannedInitiative(
        "call-back-instead-of-hold",
        "calls-to-the-desk",
        "Offer to call back instead of holding the line",
        by="mei",
        owner="luca",
        node_type=NodeType.KEY_RESULT,
        due=_weeks_in(11),
    ),
    PlannedInitiative(
        "spare-pumps-on-the-pier",
        "hulls-ready",
        "Keep spare pumps on the pier",
        by="amara",
        owner="noor",
        state=InitiativeState.DROPPED,
    ),
)


def work_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that add the initiatives."""
    return [
        Step(
            f"initiative {each.key}",
            each.by,
            add_initiative,
            {
                "measured": Ref(external_id=each.of, node_type=each.node_type),
                "title": each.title,
                "owner": ref_to(each.owner),
                "state": each.state,
                "due_on": each.due(calendar) if each.due else None,
                "link": f"{TRACKER}/{each.number}" if each.number else None,
                "external_id": each.key,
            },
        )
        for each in INITIATIVES
    ]
