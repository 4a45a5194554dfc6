"""How a library lives through a year: four quarters, each planned, checked in on, reviewed, closed and carried over.

Ada is the OKR lead. Ben leads lending, Cleo the reading rooms; Gus of the city council is a viewer. Times are those of
Berlin, in 2027; each step of a moment is a minute later than the one before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.end_to_end.story import Step, step, to

ROLES = {"ada": "ADMIN", "ben": "MEMBER", "cleo": "MEMBER", "gus": "VIEWER"}
BEGIN = "2026-12-28 09:00"
YEAR = to("2027")
BUSINESS = time(9)


@dataclass(frozen=True, slots=True)
class KeyResult:
    """A key result of one quarter: what it goes from and to, where it ends, and who checks in."""

    key: str
    owner: str
    start: float
    target: float
    end: float

    def value(self, week: int, weeks: int) -> float:
        """Return the value in a week of the quarter: a straight line from the start to the end."""
        return round(self.start + (self.end - self.start) * week / weeks, 2)


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter, its key results, and what was decided about its two objectives at the end."""

    number: int
    starts_on: date
    ends_on: date
    key_results: tuple[KeyResult, ...]
    decisions: dict[str, str]

    @property
    def cycle(self) -> dict[str, str]:
        """Return a reference to the cycle."""
        return to(f"2027-q{self.number}")

    def named(self, key: str) -> str:
        """Return the external id of something in this quarter."""
        return f"{key}-q{self.number}"

    @property
    def mondays(self) -> list[date]:
        """Return the Mondays on which people check in, from the second week on."""
        first = self.starts_on + timedelta(days=7 + (7 - self.starts_on.weekday()) % 7)
        found = [first + timedelta(weeks=week) for week in range(14)]
        return [day for day in found if day <= self.ends_on]


QUARTERS = (
    Quarter(
        1,
        date(2027, 1, 1),
        date(2027, 3, 31),
        (
            KeyResult("loans", "ben", 1000, 1400, 1380),
            KeyResult("waiting", "ben", 20, 12, 12),
            KeyResult("readers", "cleo", 200, 300, 250),
        ),
        {"lend": "KEEP", "read": "MODIFY"},
    ),
    Quarter(
        2,
        date(2027, 4, 1),
        date(2027, 6, 30),
        (
            KeyResult("loans", "ben", 1380, 1600, 1490),
            KeyResult("waiting", "ben", 12, 8, 9),
            KeyResult("readers", "cleo", 250, 320, 320),
        ),
        {"lend": "MODIFY", "read": "KEEP"},
    ),
    Quarter(
        3,
        date(2027, 7, 1),
        date(2027, 9, 30),
        (
            KeyResult("loans", "ben", 1490, 1700, 1700),
            KeyResult("waiting", "ben", 9, 6, 6),
            KeyResult("readers", "cleo", 320, 420, 360),
        ),
        {"lend": "KEEP", "read": "KEEP"},
    ),
    Quarter(
        4,
        date(2027, 10, 1),
        date(2027, 12, 31),
        (
            KeyResult("loans", "ben", 1700, 1800, 1825),
            KeyResult("waiting", "ben", 6, 5, 5),
            KeyResult("readers", "cleo", 360, 440, 440),
        ),
        {"lend": "ACHIEVED", "read": "ACHIEVED"},
    ),
)

TITLES = {
    "lend": "A book in every bag that leaves the market",
    "read": "Reading rooms where people stay",
    "loans": "Loans in a week",
    "waiting": "Days that a reserved book takes",
    "readers": "Readers on a weekday",
}
OWNERS = {"lend": "ben", "read": "cleo"}
KEY_RESULTS_OF = {"lend": ("loans", "waiting"), "read": ("readers",)}
LEARNED = {
    "lend": "Returns at the bus stop bring loans",
    "read": "Warm rooms are full rooms",
}


def instant(day: date, at: time = BUSINESS) -> str:
    """Return a local time."""
    return f"{datetime.combine(day, at):%Y-%m-%d %H:%M}"


SETTING_UP: tuple[Step, ...] = (
    step(
        "ada",
        "organizationUpdate",
        mission="Nobody in town is without something to read.",
        cadence={"weeks": 1, "weekday": "MONDAY", "time": "18:00"},
        reviewRequired=True,
    ),
    step("ada", "priorityCreate", title="Be where people are", externalId="near"),
    step("ada", "cyclesGenerate", year=2027, externalId="2027"),
    step("ada", "teamCreate", name="Lending", externalId="lending"),
    step("ada", "teamCreate", name="Reading rooms", externalId="rooms"),
    step("ada", "teamMemberAdd", team=to("lending"), person=to("ben"), role="LEAD"),
    step("ada", "teamMemberAdd", team=to("rooms"), person=to("cleo"), role="LEAD"),
    step("ada", "cycleActivate", cycle=YEAR),
    step(
        "ada",
        "objectiveCreate",
        cycle=YEAR,
        title="The library is the town's living room",
        owner=to("ada"),
        priorities=[to("near")],
        draft=False,
        externalId="living-room",
    ),
    step("gus", "objectiveCreate", ("FORBIDDEN", []), cycle=YEAR, title="Cheaper!", owner=to("gus")),
)


def plan(quarter: Quarter) -> Iterator[Step]:
    """Yield how the first quarter is planned."""
    for key, owner in OWNERS.items():
        yield step(
            owner,
            "objectiveCreate",
            cycle=quarter.cycle,
            title=TITLES[key],
            owner=to(owner),
            team=to("lending" if owner == "ben" else "rooms"),
            kind="COMMITTED" if key == "lend" else "ASPIRATIONAL",
            parent={"objective": to("living-room")},
            draft=False,
            externalId=quarter.named(key),
        )
    for each in quarter.key_results:
        of = next(key for key, parts in KEY_RESULTS_OF.items() if each.key in parts)
        yield step(
            each.owner,
            "keyResultCreate",
            objective=to(quarter.named(of)),
            title=TITLES[each.key],
            measure="INCREASE" if each.start < each.target else "DECREASE",
            startValue=each.start,
            targetValue=each.target,
            owner=to(each.owner),
            externalId=quarter.named(each.key),
        )


def check_in(quarter: Quarter, week: int) -> Iterator[Step]:
    """Yield what people check in on a Monday. In the sixth week Cleo forgets it."""
    weeks = len(quarter.mondays)
    for who in ("ben", "cleo"):
        if (who, week) == ("cleo", 6):
            continue
        items = [
            {
                "keyResult": to(quarter.named(each.key)),
                "value": each.value(week, weeks),
                "confidence": 0.9 if abs(each.end - each.start) >= abs(each.target - each.start) else 0.4,
                "externalId": f"{quarter.named(each.key)}/{week}",
            }
            for each in quarter.key_results
            if each.owner == who
        ]
        yield step(who, "checkInRecordMany", items=items)


def review(quarter: Quarter) -> Iterator[Step]:
    """Yield how a quarter is graded and reviewed, and refused to be closed before that."""
    close = step("ada", "cycleClose", cycle=quarter.cycle)
    yield step("ada", "cycleReview", cycle=quarter.cycle)
    yield (*close[:3], ("NOT_ALL_REVIEWED", ["cycle", "externalId"]))
    for each in quarter.key_results:
        yield step(each.owner, "keyResultGrade", keyResult=to(quarter.named(each.key)), kind="COMPUTED")
    for key, decision in quarter.decisions.items():
        yield step(
            OWNERS[key],
            "reviewRecord",
            objective=to(quarter.named(key)),
            decision=decision,
            decisionReason="It is what the town needs." if decision == "KEEP" else "Enough of it.",
            rootCause="CAPACITY",
            learned=f"{LEARNED[key]}, as quarter {quarter.number} showed.",
            celebration=f"Quarter {quarter.number}!",
            externalId=f"{quarter.named(key)}-review",
        )
    yield close


def roll_over(quarter: Quarter, into: Quarter) -> dict[str, Any]:
    """Return the input of a roll-over: what goes on, from where and to where."""
    return {
        "fromCycle": quarter.cycle,
        "toCycle": into.cycle,
        "items": [
            {
                "objective": to(quarter.named(key)),
                "keyResults": [
                    {
                        "keyResult": to(quarter.named(each.key)),
                        "startValue": each.start,
                        "targetValue": each.target,
                    }
                    for each in into.key_results
                    if each.key in KEY_RESULTS_OF[key]
                ],
            }
            for key in OWNERS
        ],
    }


def begin(quarter: Quarter, ids: Sequence[tuple[str, str]]) -> Iterator[Step]:
    """Yield how the drafts of a roll-over, given by their former key and their id, are named and published."""
    for key, id in ids:
        if key in OWNERS:
            yield step(OWNERS[key], "objectiveUpdate", objective={"id": id}, externalId=quarter.named(key))
        else:
            owner = next(each.owner for each in quarter.key_results if each.key == key)
            yield step(owner, "keyResultUpdate", keyResult={"id": id}, externalId=quarter.named(key))
    for key, owner in OWNERS.items():
        yield step(owner, "objectivePublish", objective=to(quarter.named(key)))


def review_year() -> Iterator[Step]:
    """Yield how the year's own objective is reviewed, and the year closed."""
    yield step("ada", "cycleReview", cycle=YEAR)
    yield step(
        "ada",
        "reviewRecord",
        objective=to("living-room"),
        decision="ACHIEVED",
        decisionReason="People stay until we close.",
        rootCause="OTHER",
        learned="Ask people where they are before you ask them to come.",
        celebration="A year of full rooms.",
        externalId="living-room-review",
    )
    yield step("ada", "cycleClose", cycle=YEAR)
