"""Demo key results of the ships and the ports, with the course of each."""

from okr_api.okr.check_in import ReportedStatus

from .definitions import (
    YES_NO,
    Course,
    PlannedKeyResult,
    at_least,
    at_most,
    decrease,
    increase,
    steps,
    within,
)

CLEANER = (
    PlannedKeyResult(
        "fuel-per-mile",
        "cleaner-every-season",
        "Fuel per nautical mile",
        decrease(14.2, 11.5, "l"),
        Course(
            reaches=12.1, digits=2, confidence=(0.7, 0.5), notes=("Headwinds, again", "New propeller on Alba")
        ),
        weight=2.0,
    ),
    PlannedKeyResult(
        "shore-power",
        "cleaner-every-season",
        "Shore power at the berths",
        steps(
            north=("North pier connected", 1),
            market=("Market quay connected", 1),
            island=("Both island berths connected", 2),
            yard=("Yard connected", 1),
        ),
        Course(hurry=0.9, confidence=(0.8, 0.7)),
    ),
)

FIRST_AID = (
    PlannedKeyResult(
        "crew-with-first-aid",
        "first-aid-aboard",
        "Crew with a valid first-aid certificate",
        increase(31, 60, "people"),
        Course(reaches=62, confidence=(0.8, 0.9)),
    ),
)

GUARD_RAILS = (
    PlannedKeyResult(
        "left-on-the-quay",
        "leave-on-time",
        "Guests left on the quay in a week",
        at_most(5, "guests"),
        Course(
            seen=(4, 8, 9, 7, 6, 8),
            confidence=(0.6, 0.4),
            notes=("Three of them had a ticket and were in the queue for bags",),
        ),
        broken_budget=0.2,
    ),
)

LEAVE_ON_TIME = (
    PlannedKeyResult(
        "within-five-minutes",
        "leave-on-time",
        "Departures within five minutes of the timetable",
        at_least(92, "%"),
        Course(seen=(93.4, 92.8, 94.1, 90.6, 92.2), digits=1, confidence=(0.7, 0.8)),
        weight=2.0,
    ),
    PlannedKeyResult(
        "average-delay",
        "leave-on-time",
        "Average delay at the pontoon",
        decrease(11, 5, "min"),
        Course(
            reaches=5.4,
            digits=1,
            confidence=(0.6, 0.75),
            notes=("The new lines on the quay work", "Fog on two mornings", "Best week since spring"),
        ),
    ),
    PlannedKeyResult(
        "cancelled-crossings",
        "leave-on-time",
        "Crossings cancelled in a week",
        at_most(4, "crossings"),
        Course(seen=(2, 3, 1, 4, 2), confidence=(0.7, 0.6)),
    ),
)

HULLS_READY = (
    PlannedKeyResult(
        "ready-at-first-sailing",
        "hulls-ready",
        "Ships ready at the first sailing",
        at_least(7, "ships"),
        Course(seen=(7, 8, 7, 7, 6), confidence=(0.8, 0.6)),
    ),
    PlannedKeyResult(
        "winter-inspections",
        "hulls-ready",
        "Inspections behind us",
        steps(
            alba=("Alba", 1),
            brisa=("Brisa", 1),
            corvo=("Corvo, with the gearbox", 2),
            duna=("Duna", 1),
        ),
        Course(hurry=1.15, confidence=(0.7, 0.85), notes=("The yard gave us the dry dock a week early",)),
    ),
    PlannedKeyResult(
        "spare-parts",
        "hulls-ready",
        "Days of service that spare parts would last",
        within(20, 40, "days"),
        Course(seen=(26, 31, 43, 38, 29), silent_days=16, confidence=(0.6, 0.6)),
    ),
)

NO_QUEUE = (
    PlannedKeyResult(
        "boarding-time",
        "no-queue-on-the-quay",
        "Time to board a full ship",
        decrease(14, 9, "min"),
        Course(
            reaches=11.5,
            digits=1,
            confidence=(0.6, 0.4),
            status=ReportedStatus.AT_RISK,
            notes=("The second gate jams",),
        ),
    ),
    PlannedKeyResult(
        "gates-working",
        "no-queue-on-the-quay",
        "Gates that guests pass by themselves",
        increase(2, 8, "gates"),
        Course(
            reaches=4,
            confidence=(0.5, 0.2),
            status=ReportedStatus.OFF_TRACK,
            notes=("Supplier late by three weeks",),
        ),
        eased_to=6,
        eased_because="The supplier cannot build two of the gates before the next quarter",
    ),
    PlannedKeyResult(
        "bags-left-behind",
        "no-queue-on-the-quay",
        "Bags left behind in a week",
        at_most(3, "bags"),
        Course(seen=(2, 1, 3, 0), confidence=(0.8, 0.8)),
    ),
)

BATTERIES = (
    PlannedKeyResult(
        "trial-sailings",
        "learn-about-batteries",
        "Trial sailings in the log",
        increase(0, 40, "sailings"),
        Course(reaches=31, confidence=(0.6, 0.6), notes=("Cold mornings cost a fifth of the range",)),
        owner="noor",
    ),
    PlannedKeyResult(
        "board-has-decided",
        "learn-about-batteries",
        "The board has decided, either way",
        YES_NO,
        Course(done_at=0.9, confidence=(0.5, 0.6)),
    ),
)

LATER = (
    PlannedKeyResult(
        "chapters-rewritten",
        "deck-handbook",
        "Chapters rewritten",
        increase(0, 12, "chapters"),
        Course(reaches=8, silent_days=21, confidence=(0.5, 0.4)),
    ),
    PlannedKeyResult(
        "changes-announced",
        "ready-for-the-new-timetable",
        "Changes announced four weeks ahead",
        at_least(95, "%"),
    ),
)

ENGINE_ROOMS = (
    PlannedKeyResult(
        "unplanned-stops",
        "calm-engine-rooms",
        "Unplanned stops in a month",
        decrease(12, 6, "stops"),
        Course(reaches=7.5, digits=1, confidence=(0.6, 0.65)),
    ),
    PlannedKeyResult(
        "oil-samples",
        "calm-engine-rooms",
        "Oil samples taken when due",
        at_least(95, "%"),
        Course(seen=(97, 100, 96, 98), confidence=(0.8, 0.9)),
    ),
    PlannedKeyResult(
        "vibration-sensors",
        "calm-engine-rooms",
        "Engines with a vibration sensor",
        increase(0, 6, "engines"),
        Course(reaches=4, silent_days=14, confidence=(0.7, 0.6), notes=("Waiting for brackets",)),
    ),
)

ON_THE_WATER = CLEANER + LEAVE_ON_TIME + HULLS_READY + NO_QUEUE + BATTERIES + LATER + ENGINE_ROOMS
