"""Demo meetings: roadblocks, and weekly meetings of the booking team with what they decided; the steps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from okr_api.okr.decision import DecisionState
from okr_api.okr.entity import NodeType
from okr_api.okr.roadblock import RoadblockType
from okr_api.services.decisions import NewDecision
from okr_api.services.meetings import record_meeting
from okr_api.services.references import Ref
from okr_api.services.roadblocks import add_roadblock, escalate_roadblock, resolve_roadblock

from .dates import Calendar
from .steps import Step, ref_to


@dataclass(frozen=True, slots=True)
class PlannedRoadblock:
    """Roadblock to create, by the owner of the objective; with a `resolution` it is resolved afterwards."""

    key: str
    of: str
    title: str
    type: RoadblockType
    by: str
    owner: str
    next_action: str | None = None
    node_type: NodeType = NodeType.OBJECTIVE
    escalated_to: str | None = None
    why: str | None = None
    resolution: str | None = None


ROADBLOCKS = (
    PlannedRoadblock(
        "no-diver-in-november",
        "hulls-ready",
        "The only diver for the hulls is booked until December",
        RoadblockType.RESOURCE,
        by="amara",
        owner="noor",
        next_action="Ask the yard on the north shore for theirs",
        escalated_to="ines",
        why="Two inspections lapse if nobody dives this month.",
    ),
    PlannedRoadblock(
        "card-provider-limits",
        "booked-in-a-minute",
        "The card provider asks for a code on every phone",
        RoadblockType.EXTERNAL,
        by="mei",
        owner="mei",
        next_action="Call their support with the list of failed payments",
    ),
    PlannedRoadblock(
        "no-numbers-from-the-desk",
        "calls-to-the-desk",
        "Nobody counts the calls on Sundays",
        RoadblockType.TECHNICAL,
        by="mei",
        owner="priya",
        node_type=NodeType.KEY_RESULT,
        resolution="The telephone system counts them now; the desk no longer has to.",
    ),
)


@dataclass(frozen=True, slots=True)
class PlannedDecision:
    """Decision of a meeting; `about` is an objective or a key result."""

    key: str
    text: str
    owner: str
    about: str | None = None
    node_type: NodeType = NodeType.OBJECTIVE
    state: DecisionState = DecisionState.OPEN
    due: Callable[[Calendar], date] | None = None


@dataclass(frozen=True, slots=True)
class PlannedMeeting:
    """Meeting of the booking team, that many weeks before yesterday."""

    key: str
    weeks_ago: int
    notes: str
    attendees: tuple[str, ...]
    decisions: tuple[PlannedDecision, ...]


def _soon(calendar: Calendar) -> date:
    return calendar.today + timedelta(days=6)


MEETINGS = (
    PlannedMeeting(
        "booking-weekly-1",
        2,
        "The form is shorter, the payment is not. *Half of those who give up do so at the card.*",
        ("priya", "mei", "amara"),
        (
            PlannedDecision(
                "watch-ten-guests",
                "Watch ten guests book before anything else is built",
                "mei",
                about="booked-in-a-minute",
                state=DecisionState.DONE,
            ),
            PlannedDecision(
                "sunday-calls",
                "Count the calls of Sundays as well",
                "priya",
                about="calls-to-the-desk",
                node_type=NodeType.KEY_RESULT,
                state=DecisionState.DONE,
            ),
        ),
    ),
    PlannedMeeting(
        "booking-weekly-2",
        1,
        "Guests do not read the second page at all.",
        ("priya", "mei"),
        (
            PlannedDecision(
                "one-page",
                "Everything on one page, also where it is long",
                "priya",
                about="booked-in-a-minute",
                due=_soon,
            ),
            PlannedDecision(
                "no-newsletter",
                "No newsletter box in the form this quarter",
                "mei",
                state=DecisionState.DROPPED,
            ),
        ),
    ),
    PlannedMeeting(
        "booking-weekly-3",
        0,
        "Calls are down for the third week. The card provider has not answered.",
        ("priya", "mei", "amara"),
        (
            PlannedDecision(
                "second-provider",
                "Ask a second card provider for an offer",
                "mei",
                about="payment-nobody-notices",
                due=_soon,
            ),
            PlannedDecision("shorter-weekly", "Half an hour is enough for this meeting", "priya"),
        ),
    ),
)


def meeting_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that raise and resolve the roadblocks, and record the meetings."""
    steps: list[Step] = []
    for each in ROADBLOCKS:
        steps += _roadblock(each)
    return [*steps, *(_meeting(each, calendar) for each in MEETINGS)]


def _roadblock(roadblock: PlannedRoadblock) -> list[Step]:
    named = {"roadblock": ref_to(roadblock.key)}
    new = {
        "on": Ref(external_id=roadblock.of, node_type=roadblock.node_type),
        "title": roadblock.title,
        "type": roadblock.type,
        "owner": ref_to(roadblock.owner),
        "next_action": roadblock.next_action,
        "external_id": roadblock.key,
    }
    steps = [Step(f"roadblock {roadblock.key}", roadblock.by, add_roadblock, new)]
    if roadblock.escalated_to:
        to = {**named, "to": ref_to(roadblock.escalated_to), "reason": roadblock.why}
        steps.append(Step(f"escalate {roadblock.key}", roadblock.owner, escalate_roadblock, to))
    if roadblock.resolution:
        how = {**named, "resolution": roadblock.resolution}
        steps.append(Step(f"resolve {roadblock.key}", roadblock.owner, resolve_roadblock, how))
    return steps


def _meeting(meeting: PlannedMeeting, calendar: Calendar) -> Step:
    day = calendar.today - timedelta(days=1, weeks=meeting.weeks_ago)
    return Step(
        f"meeting {meeting.key}",
        "priya",
        record_meeting,
        {
            "team": ref_to("booking"),
            "cycle": ref_to(calendar.quarter.key),
            "held_at": calendar.at(day, 30),
            "notes": meeting.notes,
            "attendees": [Ref(external_id=key) for key in meeting.attendees],
            "decisions": [_decision(each, calendar) for each in meeting.decisions],
            "external_id": meeting.key,
        },
    )


def _decision(decision: PlannedDecision, calendar: Calendar) -> NewDecision:
    about = Ref(external_id=decision.about, node_type=decision.node_type) if decision.about else None
    values = {
        "text": decision.text,
        "owner": ref_to(decision.owner),
        "state": decision.state,
        "due_on": decision.due(calendar) if decision.due else None,
        "external_id": decision.key,
    }
    return NewDecision(about, values)
