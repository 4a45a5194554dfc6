"""Demo work: initiatives behind objectives and key results, what these need of other teams, and the steps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from okr_api.okr.dependency import DependencyState
from okr_api.okr.entity import NodeType
from okr_api.okr.initiative import InitiativeState
from okr_api.services.dependencies import add_dependency
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


@dataclass(frozen=True, slots=True)
class PlannedDependency:
    """Dependency to create, by the owner of the needing objective `by`; `giving` is an objective."""

    key: str
    needing: str
    description: str
    by: str
    team: str
    owner: str
    needed_by: Callable[[Calendar], date]
    giving: str | None = None
    node_type: NodeType = NodeType.OBJECTIVE
    state: DependencyState = DependencyState.OPEN


DEPENDENCIES = (
    PlannedDependency(
        "seats-left-on-every-route",
        "booked-in-a-minute",
        "The number of seats left on every route, so that nobody pays for a full ferry.",
        by="mei",
        team="digital",
        owner="luca",
        needed_by=_weeks_in(8),
        giving="see-every-route",
        state=DependencyState.AGREED,
    ),
    PlannedDependency(
        "tide-table-for-the-screen",
        "arrival-board-error",
        "The tide table that the bridge uses, as a file and not as a photograph.",
        by="priya",
        team="fleet",
        owner="noor",
        needed_by=_weeks_in(4),
        node_type=NodeType.KEY_RESULT,
        state=DependencyState.DELIVERED,
    ),
    PlannedDependency(
        "berth-for-the-inspection",
        "hulls-ready",
        "A berth that is free for two days in each week of the inspections.",
        by="amara",
        team="ports",
        owner="jonas",
        needed_by=_weeks_in(10),
    ),
)


def work_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that add the initiatives and the dependencies."""
    initiatives = [
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
    return [*initiatives, *(_dependency(each, calendar) for each in DEPENDENCIES)]


def _dependency(dependency: PlannedDependency, calendar: Calendar) -> Step:
    giving = dependency.giving
    return Step(
        f"dependency {dependency.key}",
        dependency.by,
        add_dependency,
        {
            "needing": Ref(external_id=dependency.needing, node_type=dependency.node_type),
            "giving_team": ref_to(dependency.team),
            "giving": Ref(external_id=giving, node_type=NodeType.OBJECTIVE) if giving else None,
            "description": dependency.description,
            "owner": ref_to(dependency.owner),
            "needed_by": dependency.needed_by(calendar),
            "state": dependency.state,
            "external_id": dependency.key,
        },
    )
