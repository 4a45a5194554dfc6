"""Thirteen weeks of a bicycle workshop: what five people, their OKR lead, a colleague and a service do, and when.

The check-ins of the workshop are due on Thursdays at 15:00, from 18 November on Fridays at 12:00; those of the
objective `online` every second Wednesday at 12:00. The team meets on Mondays at 10:30. 5 November is an inventory
day, 25 December a holiday, and summer time ends on 25 October. The service records numbers on Sundays. Times are
those of Berlin; each step of a moment is a minute later than the one before.
"""

from dataclasses import dataclass
from typing import Any

from tests.end_to_end.story import Step, step, to

TEAM = ("mara", "jon", "pia", "tom", "eli")
OTHERS = ("odile", "sam")
BEGIN, END = "2026-10-01 18:00", "2027-01-04 09:00"
FIRST_MONDAY = "2026-10-05"
FORBIDDEN = "FORBIDDEN"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of `quarter_questions.graphql` that somebody asks at that time."""

    who: str
    question: str
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """A local time of the quarter, such as `10-05 10:30`, and what is done then."""

    at: str
    steps: tuple[Step | Ask, ...]


def on(at: str, *steps: Step | Ask) -> Moment:
    """Return a moment of 2026, or of 2027 for a day of January."""
    return Moment(f"{2027 if at.startswith('01-') else 2026}-{at}", steps)


def ask(who: str, question: str, **variables: Any) -> Ask:
    """Return a question."""
    return Ask(who, question, variables)


def says(who: str, key_result: str, external_id: str, value: float | None = None, **more: Any) -> Step:
    """Return a check-in on a key result."""
    given = more if value is None else {"value": value, **more}
    return step(who, "checkInRecord", keyResult=to(key_result), externalId=external_id, **given)


def counted(day: str, bookings: float, waiting: float) -> Moment:
    """Return the numbers of a Sunday, recorded by the service in one bulk."""
    items = [
        {"keyResult": to("bookings"), "value": bookings, "externalId": f"bot-bookings-{day}"},
        {"keyResult": to("waiting"), "value": waiting, "externalId": f"bot-waiting-{day}"},
    ]
    return on(f"{day} 23:00", step("counter", "checkInRecordMany", items=items))


def met(day: str, number: int, *decisions: dict[str, Any], notes: str, absent: tuple[str, ...] = ()) -> Step:
    """Return the record of the meeting of a Monday."""
    return step(
        "mara",
        "meetingRecord",
        team=to("workshop"),
        cycle=to("q4"),
        externalId=f"meeting-{number}",
        heldAt=f"{day}T10:00:00+01:00" if day > "2026-10-25" else f"{day}T10:00:00+02:00",
        attendees=[to(person) for person in TEAM if person not in absent],
        notes=notes,
        decisions=list(decisions),
    )


def decided(external_id: str, text: str, owner: str, **more: Any) -> dict[str, Any]:
    """Return a decision of a meeting."""
    return {"externalId": external_id, "text": text, "owner": to(owner), **more}


def key_result(who: str, objective: str, external_id: str, title: str, measure: str, **more: Any) -> Step:
    """Return the creation of a key result."""
    return step(
        who,
        "keyResultCreate",
        objective=to(objective),
        externalId=external_id,
        title=title,
        measure=measure,
        **more,
    )


def objective(who: str, external_id: str, title: str, **more: Any) -> Step:
    """Return the creation of an objective that its creator owns, published at once."""
    return step(
        who,
        "objectiveCreate",
        cycle=to("q4"),
        owner=to(who),
        team=to("workshop"),
        externalId=external_id,
        title=title,
        draft=False,
        **more,
    )


def commented(who: str, external_id: str, text: str, **target: Any) -> Step:
    """Return a comment; `{pia}` in its text mentions Pia."""
    return step(who, "commentCreate", externalId=external_id, text=text, **target)


SETTING_UP = on(
    "10-01 18:00",
    step(
        "odile",
        "organizationUpdate",
        cadence={"weeks": 1, "weekday": "THURSDAY", "time": "15:00"},
        holidayCalendar={"country": "DE", "days": ["2026-11-05"]},
    ),
    step("odile", "cycleCreate", name="Q4", startsOn="2026-10-01", endsOn="2026-12-31", externalId="q4"),
    step("odile", "cycleActivate", cycle=to("q4")),
    step("odile", "teamCreate", name="Workshop", externalId="workshop"),
    step("odile", "teamCreate", name="Supply", externalId="supply"),
    step("odile", "teamMemberAdd", team=to("workshop"), person=to("mara"), role="LEAD"),
    step("odile", "teamMemberAdd", team=to("supply"), person=to("sam"), role="LEAD"),
    *(step("mara", "teamMemberAdd", team=to("workshop"), person=to(person)) for person in TEAM[1:]),
    objective("mara", "repair", "Riders get their bicycle back the next day"),
    key_result(
        "mara",
        "repair",
        "turnaround",
        "Hours until a repair is done",
        "DECREASE",
        unit="h",
        startValue=60,
        targetValue=24,
        owner=to("jon"),
    ),
    key_result(
        "mara",
        "repair",
        "holds",
        "Repairs that hold for three months",
        "INCREASE",
        unit="%",
        startValue=80,
        targetValue=95,
        owner=to("pia"),
    ),
    key_result(
        "mara",
        "repair",
        "waiting",
        "Bicycles that wait in the yard",
        "AT_MOST",
        unit="bicycles",
        targetValue=20,
        role="GUARD_RAIL",
        brokenBudget=0.2,
    ),
    objective(
        "tom",
        "online",
        "Riders book without calling us",
        cadence={"weeks": 2, "weekday": "WEDNESDAY", "time": "12:00"},
    ),
    key_result(
        "tom",
        "online",
        "bookings",
        "Repairs booked online",
        "INCREASE",
        unit="%",
        startValue=10,
        targetValue=60,
    ),
    key_result(
        "tom",
        "online",
        "launch",
        "Paying online works",
        "MILESTONES",
        owner=to("eli"),
        milestones=[
            {"key": "contract", "name": "A provider has signed"},
            {"key": "live", "name": "The first rider has paid", "weight": 2},
            {"key": "remind", "name": "Riders are reminded to pay"},
        ],
    ),
    objective("pia", "tandem", "Tandem rental pays for itself"),
    key_result(
        "pia", "tandem", "rentals", "Days rented", "INCREASE", unit="days", startValue=0, targetValue=120
    ),
    objective("mara", "hire", "Jon gets an apprentice", visibility="PRIVATE", sharedWith=[to("jon")]),
    step(
        "sam",
        "objectiveCreate",
        cycle=to("q4"),
        owner=to("sam"),
        team=to("supply"),
        externalId="stock",
        title="Parts are in stock",
        draft=False,
    ),
    key_result("mara", "hire", "offer", "The apprentice has signed", "BOOLEAN"),
)

OCTOBER = (
    # Week 1.
    on(
        "10-05 10:30",
        met(
            "2026-10-05",
            1,
            decided(
                "two-shifts",
                "Try two shifts until the end of October",
                "jon",
                dueOn="2026-10-30",
                about={"keyResult": to("turnaround")},
            ),
            decided("pads-price", "Ask for the price of brake pads", "pia", dueOn="2026-10-09"),
            notes="First meeting of the quarter.",
        ),
    ),
    on("10-06 09:00", says("tom", "bookings", "tom-1", 10, confidence=0.6)),
    on(
        "10-07 11:00",
        step(
            "tom",
            "checkInRecord",
            objective=to("online"),
            externalId="online-1",
            status="ON_TRACK",
            confidence=0.7,
        ),
    ),
    on(
        "10-08 14:00",
        says("jon", "turnaround", "jon-1", 58, confidence=0.6),
        step(
            "pia",
            "checkInRecordMany",
            items=[
                {"keyResult": to("holds"), "value": 81, "confidence": 0.7, "externalId": "holds-1"},
                {"keyResult": to("rentals"), "value": 4, "confidence": 0.5, "externalId": "rentals-1"},
            ],
        ),
    ),
    # After the due instant, within the tolerance of a day.
    on(
        "10-08 16:00",
        says("mara", "waiting", "waiting-1", 18, confidence=0.8),
        says("mara", "offer", "offer-1", 0, confidence=0.5),
    ),
    # Late: the tolerance ended at noon.
    on(
        "10-08 17:00",
        says(
            "eli",
            "launch",
            "launch-1",
            milestonesDone=[],
            confidence=0.4,
            note="Nobody answers.",
            roadblocks=[
                {
                    "externalId": "provider",
                    "title": "The payment provider does not answer",
                    "type": "EXTERNAL",
                    "owner": to("eli"),
                    "nextAction": "Call again",
                }
            ],
        ),
    ),
    counted("10-11", 12, 19),
    # Week 2.
    on(
        "10-12 10:20",
        step("pia", "decisionUpdate", decision=to("pads-price"), state="DONE"),
    ),
    on("10-12 10:30", met("2026-10-12", 2, notes="Eli is stuck.")),
    on("10-12 11:00", says("pia", "holds", "holds-2", 82, confidence=0.7)),  # early: the window is open
    on(
        "10-13 09:00",
        ask(
            "mara",
            "Preview",
            input={
                "on": {"checkIn": to("launch-1")},
                "text": "Can you call them, {tom}? {odile} knows them.",
            },
        ),
        commented(
            "mara",
            "call-them",
            "Can you call them, {tom}? {odile} knows them.",
            on={"checkIn": to("launch-1")},
        ),
        commented(
            "tom", "will-do", "I will, tomorrow.", on={"checkIn": to("launch-1")}, replyTo=to("call-them")
        ),
        step("eli", "reactionAdd", on={"comment": to("will-do")}, emoji="👍", externalId="thumbs"),
    ),
    on("10-15 14:00", says("jon", "turnaround", "jon-2", 57, confidence=0.6)),
    on("10-15 14:30", says("mara", "waiting", "waiting-2", 21, confidence=0.6)),
    on(
        "10-16 16:00",
        step(
            "jon",
            "absenceCreate",
            person=to("jon"),
            startsOn="2026-10-19",
            endsOn="2026-10-30",
            delegate=to("pia"),
            externalId="jon-away",
        ),
    ),
    on(
        "10-16 17:00",
        step(
            "tom",
            "checkInDraftCreate",
            for_={"keyResult": to("launch")},
            externalId="prepared",
            milestonesDone=[],
            confidence=0.5,
            note="Odile has reached them.",
        ),
        step(
            "tom",
            "checkInPublish",
            ("DRAFT_IS_FOR_ANOTHER", ["checkInDraft", "externalId"]),
            checkInDraft=to("prepared"),
        ),
        ask("eli", "Drafts", person="eli"),
    ),
    on("10-17 11:00", says("pia", "rentals", "rentals-2", 9, confidence=0.4)),  # late: on Saturday
    counted("10-18", 15, 22),
    # Week 3: Jon is away.
    on(
        "10-19 10:30",
        met("2026-10-19", 3, notes="Odile takes over the provider.", absent=("jon",)),
        step(
            "mara",
            "roadblockEscalate",
            roadblock=to("provider"),
            to=to("odile"),
            reason="Eli has called four times.",
        ),
    ),
    # Tom is silent in this fortnight; the number of the service does not speak for him.
    on(
        "10-21 10:00",
        step("eli", "checkInPublish", checkInDraft=to("prepared"), externalId="launch-2"),
        says("counter", "bookings", "bot-bookings-10-21", 18),
    ),
    on(
        "10-22 14:00",
        says("pia", "turnaround", "pia-for-jon", 55, confidence=0.6, note="For Jon."),
        says("pia", "holds", "holds-3", 83, confidence=0.7),
        says("pia", "rentals", "rentals-3", 9, confidence=0.4),
        says("mara", "waiting", "waiting-3", 20, confidence=0.6),
        says("mara", "offer", "offer-3", 0, confidence=0.4),
    ),
    counted("10-25", 19, 18),
    # Week 4.
    on(
        "10-26 10:30",
        met(
            "2026-10-26",
            4,
            decided("cover", "Pia covers for Jon until Friday", "pia", state="DONE"),
            notes="Where is Tom's check-in?",
            absent=("jon",),
        ),
    ),
    on(
        "10-27 09:00",
        step(
            "mara",
            "dependencyCreate",
            needing={"objective": to("repair")},
            givingTeam=to("supply"),
            description="Brake pads for the winter",
            neededBy="2026-11-13",
            externalId="pads",
        ),
    ),
    on(
        "10-28 09:00", step("sam", "dependencyUpdate", dependency=to("pads"), state="AGREED", owner=to("sam"))
    ),
    on("10-28 16:00", says("tom", "bookings", "tom-2", 20, confidence=0.4)),
    on(
        "10-29 14:00",
        says("pia", "holds", "holds-4", 85, confidence=0.7),
        says("pia", "rentals", "rentals-4", 9, confidence=0.3, status="AT_RISK"),
        says("mara", "waiting", "waiting-4", 17, confidence=0.7),
    ),
    counted("11-01", 22, 17),
)

NOVEMBER = (
    # Week 5: Thursday is the inventory day, so that check-ins are due on Friday.
    on(
        "11-02 10:20",
        step("jon", "decisionUpdate", decision=to("two-shifts"), state="DONE"),
    ),
    on("11-02 10:30", met("2026-11-02", 5, notes="Two shifts stay.")),
    on("11-03 09:00", says("jon", "turnaround", "jon-5", 50, confidence=0.7)),
    on(
        "11-03 15:00",
        step("odile", "roadblockResolve", roadblock=to("provider"), resolution="They signed on Monday."),
    ),
    on(
        "11-04 11:30",
        says("eli", "launch", "launch-3", milestonesDone=["contract"], confidence=0.6),
        step(
            "tom",
            "checkInRecord",
            objective=to("online"),
            externalId="online-3",
            status="AT_RISK",
            confidence=0.5,
            note="Two weeks were lost.",
        ),
        ask("mara", "Snapshot", checkIn="online-3"),
    ),
    on(
        "11-06 11:00",
        says("mara", "waiting", "waiting-5", 16, confidence=0.7),
        says("mara", "offer", "offer-5", 0, confidence=0.8),
    ),
    on(
        "11-06 16:00",
        says("pia", "holds", "holds-5", 86, confidence=0.7),
        step(
            "pia",
            "roadblockCreate",
            on={"keyResult": to("rentals")},
            title="The tandems stand in the rain",
            type="RESOURCE",
            owner=to("pia"),
            dueOn="2026-11-13",
            externalId="rain",
        ),
    ),
    counted("11-08", 25, 16),
    # Week 6: the other team needs something of this one; tandems give way to cargo bicycles.
    on(
        "11-09 08:00",
        step(
            "sam",
            "dependencyCreate",
            needing={"objective": to("stock")},
            givingTeam=to("workshop"),
            description="A list of the parts that are used most",
            neededBy="2026-11-20",
            externalId="parts",
        ),
    ),
    on(
        "11-09 10:30",
        met(
            "2026-11-09",
            6,
            decided(
                "cargo-instead",
                "Cargo bicycles instead of tandems",
                "pia",
                dueOn="2026-11-11",
                about={"objective": to("tandem")},
            ),
            notes="Nobody rents a tandem in winter.",
        ),
        step("mara", "dependencyUpdate", dependency=to("parts"), state="AGREED", owner=to("tom")),
    ),
    on(
        "11-10 09:00",
        step("pia", "roadblockResolve", roadblock=to("rain"), resolution="We sell the tandems."),
        step(
            "pia",
            "objectiveReplace",
            objective=to("tandem"),
            reason="Nobody rents a tandem in winter.",
            title="Cargo bicycle rental pays for itself",
            keyResults=[],
            externalId="cargo",
        ),
        key_result(
            "pia",
            "cargo",
            "cargo-days",
            "Days rented",
            "INCREASE",
            unit="days",
            startValue=0,
            targetValue=60,
        ),
        step("pia", "decisionUpdate", decision=to("cargo-instead"), state="DONE"),
    ),
    on(
        "11-12 14:00",
        says("jon", "turnaround", "jon-6", 46, confidence=0.7),
        says("pia", "holds", "holds-6", 87, confidence=0.8),
        says("pia", "cargo-days", "cargo-6", 2, confidence=0.6),
        says("mara", "waiting", "waiting-6", 15, confidence=0.7),
    ),
    on(
        "11-15 14:00", says("mara", "offer", "offer-6", 0, confidence=0.7)
    ),  # late: an hour before it is missed
    counted("11-15", 28, 15),
    # Week 7: from Wednesday on, check-ins are due on Fridays. Mara's of Monday is then before the window.
    on(
        "11-16 10:30",
        met("2026-11-16", 7, notes="Thursdays are full: check-ins move to Fridays."),
        says("mara", "waiting", "waiting-7", 14, confidence=0.7),
        commented("eli", "well-done", "Well done, {jon}!", on={"objective": to("repair")}),
        step(
            "tom",
            "notificationSettingsUpdate",
            settings=[{"reason": "FOLLOWED_CHANGE", "delivery": "DAILY"}],
        ),
    ),
    on(
        "11-17 10:00",
        says("jon", "turnaround", "jon-7", 44, confidence=0.7),
        step("sam", "dependencyUpdate", dependency=to("pads"), state="DELIVERED"),
        ask(
            "mara",
            "Preview",
            input={"on": {"objective": to("hire")}, "text": "Whom do you know, {jon}? And you, {pia}?"},
        ),
        commented("mara", "whom", "Whom do you know, {jon}? And you, {pia}?", on={"objective": to("hire")}),
    ),
    on(
        "11-18 09:00",
        step(
            "mara",
            "teamUpdate",
            team=to("workshop"),
            cadence={"weeks": 1, "weekday": "FRIDAY", "time": "12:00"},
        ),
    ),
    on(
        "11-18 11:00",
        says("tom", "bookings", "tom-4", 31, confidence=0.6),
        step(
            "tom",
            "checkInRecord",
            objective=to("online"),
            externalId="online-4",
            status="ON_TRACK",
            confidence=0.7,
        ),
    ),
    on(
        "11-18 12:30",
        says("eli", "launch", "launch-4", milestonesDone=["contract", "live"], confidence=0.8),
    ),
    on(
        "11-18 13:00",
        step(
            "tom",
            "initiativeCreate",
            for_={"keyResult": to("launch")},
            title="Explain paying online on the receipt",
            owner=to("eli"),
            dueOn="2026-11-27",
            externalId="receipt",
        ),
    ),
    on("11-19 09:00", step("eli", "unfollow", on={"objective": to("repair")})),
    on(
        "11-20 10:00",
        says("pia", "holds", "holds-7", 88, confidence=0.8),
        says("pia", "cargo-days", "cargo-7", 6, confidence=0.7),
        says("mara", "offer", "offer-7", 0, confidence=0.7),
        ask("mara", "Preview", input={"on": {"objective": to("repair")}, "text": "Four hours less!"}),
        commented("mara", "four-hours", "Four hours less!", on={"objective": to("repair")}),
    ),
    on("11-20 13:00", step("tom", "dependencyUpdate", dependency=to("parts"), state="DELIVERED")),
    on("11-21 13:00", says("mara", "waiting", "waiting-7b", 14, confidence=0.7)),  # late: on Saturday
    counted("11-22", 33, 14),
    # Week 8: a target is eased, and a check-in corrected.
    on(
        "11-23 10:30",
        met("2026-11-23", 8, notes="24 hours are out of reach."),
        step(
            "jon",
            "keyResultUpdate",
            (FORBIDDEN, ["keyResult", "externalId"]),
            keyResult=to("turnaround"),
            targetValue=30,
        ),
        step(
            "mara",
            "keyResultUpdate",
            ("REASON_REQUIRED", ["reason"]),
            keyResult=to("turnaround"),
            targetValue=30,
        ),
        step(
            "mara",
            "keyResultUpdate",
            keyResult=to("turnaround"),
            targetValue=30,
            reason="The second shift starts in January only.",
        ),
    ),
    on(
        "11-27 11:00",
        says("jon", "turnaround", "jon-8", 41, confidence=0.7),
        says("pia", "holds", "holds-8", 90, confidence=0.8),
        says("pia", "cargo-days", "cargo-8", 10, confidence=0.7),
        says("mara", "waiting", "waiting-8", 13, confidence=0.8),
        says("mara", "offer", "offer-8", 0, confidence=0.8),
    ),
    on(
        "11-28 09:00",
        step(
            "pia", "checkInRecord", supersedes=to("holds-8"), value=89, confidence=0.8, externalId="holds-8b"
        ),
        ask("mara", "Forecast", keyResult="turnaround"),
    ),
    counted("11-29", 36, 13),
)

DECEMBER = (
    # Week 9.
    on("11-30 10:20", step("eli", "initiativeUpdate", initiative=to("receipt"), state="DONE")),
    on("11-30 10:30", met("2026-11-30", 9, notes="Holds.")),
    on("12-02 11:00", says("tom", "bookings", "tom-5", 38, confidence=0.6)),
    on("12-03 10:00", says("mara", "offer", "offer-9", 1, confidence=1.0)),
    on(
        "12-03 18:00",
        step(
            "tom",
            "checkInRecord",
            objective=to("online"),
            externalId="online-5",
            status="ON_TRACK",
            confidence=0.7,
        ),
    ),
    on(
        "12-04 11:00",
        says("pia", "holds", "holds-9", 92, confidence=0.8),
        says("pia", "cargo-days", "cargo-9", 18, confidence=0.7),
        says("mara", "waiting", "waiting-9", 14, confidence=0.8),
    ),
    counted("12-06", 40, 12),
    # Week 10: Jon checks in within the meeting, two hours before it would be missed.
    on(
        "12-07 10:15",
        says("jon", "turnaround", "jon-9", 38, confidence=0.7),
    ),
    on("12-07 10:30", met("2026-12-07", 10, notes="Eli waits for the provider.")),
    on(
        "12-08 09:00",
        step("tom", "keyResultPause", keyResult=to("launch"), reason="The provider moves until next week."),
    ),
    on(
        "12-11 11:00",
        says("jon", "turnaround", "jon-10", 36, confidence=0.7),
        says("pia", "holds", "holds-10", 94, confidence=0.9),
        says("pia", "cargo-days", "cargo-10", 27, confidence=0.7),
        says("mara", "waiting", "waiting-10", 12, confidence=0.8),
        says("mara", "offer", "offer-10", 1, confidence=1.0),
    ),
    counted("12-13", 44, 11),
    # Week 11: a check-in is taken back, and another one recorded in time.
    on(
        "12-14 10:30",
        met("2026-12-14", 11, notes="The provider is back."),
        step("tom", "keyResultRestore", keyResult=to("launch")),
    ),
    on(
        "12-15 09:00",
        says("eli", "launch", "launch-6", milestonesDone=["contract", "live", "remind"], confidence=1.0),
    ),
    on(
        "12-16 11:00",
        says("tom", "bookings", "tom-6", 47, confidence=0.7),
        step(
            "tom",
            "checkInRecord",
            objective=to("online"),
            externalId="online-6",
            status="ON_TRACK",
            confidence=0.8,
        ),
    ),
    on(
        "12-17 09:00",
        step(
            "tom",
            "absenceCreate",
            person=to("tom"),
            startsOn="2026-12-21",
            endsOn="2027-01-03",
            delegate=to("eli"),
            externalId="tom-away",
        ),
    ),
    on(
        "12-18 11:00",
        says("jon", "turnaround", "jon-11", 23, confidence=0.9),
        says("pia", "holds", "holds-11", 95, confidence=0.9),
        says("pia", "cargo-days", "cargo-11", 36, confidence=0.8),
        says("mara", "waiting", "waiting-11", 11, confidence=0.8),
    ),
    on("12-19 09:00", step("jon", "checkInRetract", checkIn=to("jon-11"), reason="It was 33.")),
    counted("12-20", 49, 10),
    # Week 12: Tom is away.
    on(
        "12-21 10:00",
        says("jon", "turnaround", "jon-11b", 33, confidence=0.8),
    ),
    on("12-21 10:30", met("2026-12-21", 12, notes="Almost there.", absent=("tom",))),
    on("12-22 11:00", says("jon", "turnaround", "jon-12", 31, confidence=0.9)),  # before the window opens
    counted("12-27", 52, 9),
    # Week 13: Friday was Christmas Day, so that check-ins are due on Monday.
    on("12-28 10:30", met("2026-12-28", 13, notes="The last meeting of the year.", absent=("tom",))),
    on(
        "12-28 11:00",
        says("jon", "turnaround", "jon-12b", 30, confidence=1.0),
        says("pia", "holds", "holds-12", 95, confidence=1.0),
    ),
    on(
        "12-28 13:00",
        says("pia", "cargo-days", "cargo-12", 44, confidence=0.8),
    ),
    on("12-29 13:00", says("mara", "waiting", "waiting-12", 9, confidence=1.0)),
    on(
        "12-30 11:00",
        says("eli", "launch", "launch-7", milestonesDone=["contract", "live", "remind"], confidence=1.0),
        says("eli", "bookings", "eli-for-tom", 55, confidence=0.9, note="For Tom."),
    ),
    on(
        "01-02 09:00",
        commented(
            "odile",
            "thanks",
            "Thank you, {mara}, {jon}, {pia}, {tom} and {eli}!",
            on={"objective": to("repair")},
        ),
    ),
)
QUARTER = (*OCTOBER, *NOVEMBER, *DECEMBER)
