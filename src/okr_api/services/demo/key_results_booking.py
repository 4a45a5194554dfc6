"""Demo key results of booking and digital services, with the course of each."""

from okr_api.okr.check_in import ReportedStatus

from .definitions import (
    YES_NO,
    Course,
    PlannedKeyResult,
    at_least,
    at_most,
    decrease,
    increase,
    within,
    zones,
)

EASIEST_TO_BOOK = (
    PlannedKeyResult(
        "bought-online",
        "easiest-to-book",
        "Tickets bought without a counter",
        increase(52, 75, "%"),
        Course(reaches=70, digits=1, confidence=(0.6, 0.7), notes=("School holidays help",)),
    ),
    PlannedKeyResult(
        "would-sail-again",
        "easiest-to-book",
        "Guests who would sail with us again",
        zones(60, 66, 72, 80, "%"),
        Course(reaches=73, digits=1, confidence=(0.5, 0.6)),
    ),
)

BOOKED_IN_A_MINUTE = (
    PlannedKeyResult(
        "under-a-minute",
        "booked-in-a-minute",
        "Bookings finished within a minute",
        increase(34, 60, "%"),
        Course(
            reaches=58,
            digits=1,
            confidence=(0.6, 0.8),
            status=ReportedStatus.ON_TRACK,
            notes=("Three forms fewer",),
        ),
        weight=2.0,
    ),
    PlannedKeyResult(
        "calls-to-the-desk",
        "booked-in-a-minute",
        "Calls to the booking desk in a week",
        decrease(420, 250, "calls"),
        Course(reaches=330, confidence=(0.6, 0.5)),
        owner="priya",
    ),
    PlannedKeyResult(
        "app-rating",
        "booked-in-a-minute",
        "Rating of the app",
        zones(3.6, 3.9, 4.2, 4.6, "stars"),
        Course(reaches=4.3, digits=2, confidence=(0.6, 0.7)),
    ),
)

SEE_EVERY_ROUTE = (
    PlannedKeyResult(
        "live-routes",
        "see-every-route",
        "Routes with a live position",
        increase(2, 9, "routes"),
        Course(reaches=10, confidence=(0.7, 0.9), notes=("Route 7 went live without anybody noticing",)),
    ),
    PlannedKeyResult(
        "arrival-board-error",
        "see-every-route",
        "Error of the arrival board",
        within(-2, 2, "min"),
        Course(seen=(1.1, -0.4, 2.6, 0.8, -1.5), digits=1, confidence=(0.5, 0.6)),
        owner="luca",
    ),
    PlannedKeyResult(
        "counts-agree",
        "see-every-route",
        "Sailings whose count agrees with the tickets",
        at_least(98, "%"),
        Course(seen=(96.9, 97.5, 98.2, 97.8), digits=1, confidence=(0.5, 0.5)),
        owner="luca",
    ),
)

COMING_BACK = (
    PlannedKeyResult(
        "sail-twice",
        "guests-come-back",
        "Guests who sail twice in a quarter",
        increase(18, 25, "%"),
    ),
)

PAYMENT = (
    PlannedKeyResult(
        "wallets",
        "payment-nobody-notices",
        "Wallet payment is live",
        YES_NO,
        Course(done_at=0.45, confidence=(0.7, 0.95), notes=("Certificate came",)),
    ),
    PlannedKeyResult(
        "given-up-at-payment",
        "payment-nobody-notices",
        "Bookings given up at payment",
        decrease(21, 12, "%"),
        Course(reaches=12.5, digits=1, confidence=(0.6, 0.7)),
    ),
    PlannedKeyResult(
        "refunds-in-a-day",
        "payment-nobody-notices",
        "Refunds settled within a day",
        increase(70, 95, "%"),
        Course(
            reaches=84,
            confidence=(0.5, 0.3),
            status=ReportedStatus.AT_RISK,
            notes=("The bank batches on weekends",),
        ),
    ),
)

ONE_SCREEN = (
    PlannedKeyResult(
        "crews-using-it",
        "one-screen-to-trust",
        "Bridge crews that look at it every day",
        increase(1, 8, "crews"),
        Course(reaches=7.4, digits=0, confidence=(0.6, 0.7)),
    ),
    PlannedKeyResult(
        "stale-data",
        "one-screen-to-trust",
        "Data older than a minute",
        at_most(2, "%"),
        Course(seen=(1.4, 0.9, 1.8, 1.2), digits=1, confidence=(0.8, 0.8)),
    ),
    PlannedKeyResult(
        "paper-log-gone",
        "one-screen-to-trust",
        "Ships without a paper log",
        increase(0, 8, "ships"),
        Course(reaches=1, silent_days=28, confidence=(0.4, 0.2)),
        dropped_because="The harbour authority wants the paper log for another year",
    ),
)

DESK_AND_TIMETABLE = (
    PlannedKeyResult(
        "calls-about-the-timetable",
        "ready-for-the-new-timetable",
        "Calls to the booking desk in a week, with the new timetable",
        at_most(260, "calls"),
    ),
)

NEWS = (
    PlannedKeyResult(
        "islanders-on-the-list",
        "newsletter-for-every-island",
        "Islanders who asked us to tell them",
        increase(0, 1500, "people"),
        Course(reaches=1260, confidence=(0.5, 0.6)),
    ),
    PlannedKeyResult(
        "newsletters-opened",
        "newsletter-for-every-island",
        "Newsletters that are opened",
        at_least(40, "%"),
        Course(seen=(14, 11, 9, 10), silent_days=14, confidence=(0.5, 0.2)),
    ),
)

ON_SHORE = (
    EASIEST_TO_BOOK
    + BOOKED_IN_A_MINUTE
    + SEE_EVERY_ROUTE
    + COMING_BACK
    + PAYMENT
    + ONE_SCREEN
    + DESK_AND_TIMETABLE
    + NEWS
)
