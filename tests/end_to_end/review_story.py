"""How a theatre reviews its summer quarter, closes it and rolls it over into autumn: who does what, and when.

Ada is the OKR lead. Ben leads the stage, with Cleo; Dev the front desk, with Elif; Finn the workshop. Gus, of the city's
culture office, is a viewer: an outsider, who does not see what only the front desk sees. Times are those of Berlin; each step of
a moment is a minute later than the one before.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.story import Step, step, to

ROLES = {
    "ada": "ADMIN",
    "ben": "MEMBER",
    "cleo": "MEMBER",
    "dev": "MEMBER",
    "elif": "MEMBER",
    "finn": "MEMBER",
    "gus": "VIEWER",
}
READERS = ("ada", "cleo", "gus")  # the lead, a member and the outsider
BEGIN = "2026-09-07 09:00"
FORBIDDEN = "FORBIDDEN"
LAST, NEXT = to("2026-q3"), to("2026-q4")


@dataclass(frozen=True, slots=True)
class Ask:
    """An operation of `review_questions.graphql` that people send; the answers are compared with a file of the name."""

    name: str
    operation: str
    people: tuple[str, ...] = READERS
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """A local time of 2026, such as `10-01 09:00`, and what is done then."""

    at: str
    steps: tuple[Step | Ask, ...]


def on(at: str, *steps: Step | Ask) -> Moment:
    """Return a moment."""
    return Moment(f"2026-{at}", steps)


def successor(external_id: str) -> dict[str, str]:
    """Return a reference to what something was carried over into; the test fills in its id."""
    return {"id": f"successor of {external_id}"}


def objective(who: str, external_id: str, title: str, **more: Any) -> Step:
    """Return the creation of an objective of the quarter that its creator owns, published at once."""
    given = {"cycle": LAST, "draft": False, **more}
    return step(who, "objectiveCreate", owner=to(who), externalId=external_id, title=title, **given)


def key_result(who: str, of: str, external_id: str, title: str, start: float, target: float) -> Step:
    """Return the creation of a key result that goes from a value to another one."""
    return step(
        who,
        "keyResultCreate",
        objective=to(of),
        externalId=external_id,
        title=title,
        measure="INCREASE" if start < target else "DECREASE",
        startValue=start,
        targetValue=target,
    )


def read(who: str, week: int, **values: tuple[float, float]) -> Step:
    """Return check-ins: the value and the confidence of each key result, named with `_` for `-`."""
    items = [
        {"keyResult": to(key), "value": value, "confidence": confidence, "externalId": f"{key}/{week}"}
        for key, (value, confidence) in ((key.replace("_", "-"), said) for key, said in values.items())
    ]
    return step(who, "checkInRecordMany", items=items)


def graded(who: str, key: str, kind: str, refused: tuple[str, list[str]] | None = None, **more: Any) -> Step:
    """Return a grade of a key result."""
    return step(who, "keyResultGrade", refused, keyResult=to(key), kind=kind, **more)


def reviewed(
    who: str, key: str, decision: str, why: str, refused: tuple[str, list[str]] | None = None, **more: Any
) -> Step:
    """Return the review of an objective."""
    return step(
        who,
        "reviewRecord",
        refused,
        objective=to(key),
        decision=decision,
        decisionReason=why,
        **{"externalId": f"{key}-review"} | more,
    )


def answered(who: str, answers: list[int], refused: tuple[str, list[str]] | None = None) -> Step:
    """Return the answers of somebody to the pulse."""
    return step(who, "pulseAnswer", refused, pulse=to("summer-pulse"), answers=answers)


def rolled(
    who: str, refused: tuple[str, list[str]], from_: dict[str, str], into: dict[str, str], *items: Any
) -> Step:
    """Return a roll-over that is refused."""
    return step(who, "cycleRollOver", refused, fromCycle=from_, toCycle=into, items=list(items))


SUMMER = (
    on(
        "09-07 09:00",
        step("ada", "organizationUpdate", cadence={"weeks": 1, "weekday": "TUESDAY", "time": "18:00"}),
        step("ada", "priorityCreate", title="Full houses", externalId="full-houses"),
        step("ada", "cyclesGenerate", year=2026, externalId="2026"),
        step("ada", "cycleActivate", cycle=to("2026")),
        step("ada", "cycleActivate", cycle=LAST),
        step("ada", "teamCreate", name="Stage", externalId="stage"),
        step("ada", "teamCreate", name="House", externalId="house"),
        step("ada", "teamCreate", name="Workshop", externalId="workshop"),
        step("ada", "teamMemberAdd", team=to("stage"), person=to("ben"), role="LEAD"),
        step("ada", "teamMemberAdd", team=to("stage"), person=to("cleo")),
        step("ada", "teamMemberAdd", team=to("house"), person=to("dev"), role="LEAD"),
        step("ada", "teamMemberAdd", team=to("house"), person=to("elif")),
        step("ada", "teamMemberAdd", team=to("workshop"), person=to("finn"), role="LEAD"),
        objective(
            "ada",
            "friend",
            "Every guest brings a friend next time",
            cycle=to("2026"),
            priorities=[to("full-houses")],
        ),
        # The stage: what is committed, and beneath it what is aspired to.
        objective(
            "ben",
            "premieres",
            "Premieres that the town talks about",
            team=to("stage"),
            progressSource="BOTH",
            parent={"objective": to("friend")},
            weight=2,
        ),
        key_result("ben", "premieres", "reviews", "Reviews in the papers", 0, 10),
        key_result("ben", "premieres", "sold-out", "Evenings that are sold out", 0, 12),
        objective(
            "cleo",
            "rehearsals",
            "Rehearsals that end when they should",
            team=to("stage"),
            kind="ASPIRATIONAL",
            parent={"objective": to("premieres")},
        ),
        key_result("cleo", "rehearsals", "overruns", "Minutes beyond the end", 30, 0),
        key_result("cleo", "rehearsals", "in-time", "Rehearsals that end in time, per cent", 50, 90),
        objective("cleo", "museum", "A room for old posters", team=to("stage"), draft=True),
        # The front desk: one objective is nobody else's business.
        objective(
            "dev",
            "queue",
            "Nobody misses the second act in the queue",
            team=to("house"),
            parent={"objective": to("friend")},
        ),
        key_result("dev", "queue", "minutes", "Minutes in the queue", 12, 4),
        key_result("dev", "queue", "orders", "Orders before the break", 100, 300),
        objective("elif", "seats", "A seat for everybody", team=to("house"), visibility="TEAM"),
        key_result("elif", "seats", "ramps", "Doors with a ramp", 0, 4),
        key_result("elif", "seats", "captions", "Evenings with captions", 0, 20),
        objective("dev", "flyers", "Flyers in every letterbox", team=to("house")),
        step("dev", "objectiveDrop", objective=to("flyers"), reason="Nobody reads them."),
        # The workshop: what falls short, and what is to be learned.
        objective(
            "finn",
            "costumes",
            "Costumes that last two seasons",
            team=to("workshop"),
            kind="ASPIRATIONAL",
            parent={"objective": to("friend")},
        ),
        key_result("finn", "costumes", "repairs", "Repairs in a month", 40, 10),
        key_result("finn", "costumes", "reused", "Costumes that are worn again, per cent", 10, 60),
        objective("finn", "dyes", "Which dyes survive the washing", team=to("workshop"), kind="LEARNING"),
        key_result("finn", "dyes", "tried", "Dyes that were tried", 0, 5),
        key_result("finn", "dyes", "washes", "Washes", 0, 30),
        step("cleo", "follow", on={"objective": to("queue")}),
        step(
            "ben", "follow", ("NOT_FOUND", ["on", "objective", "externalId"]), on={"objective": to("seats")}
        ),
        step("gus", "follow", (FORBIDDEN, []), on={"objective": to("queue")}),
    ),
    on(
        "09-08 17:00",
        read("ben", 1, reviews=(3, 0.7), sold_out=(5, 0.6)),
        read("cleo", 1, overruns=(25, 0.5), in_time=(55, 0.5)),
        read("dev", 1, minutes=(9, 0.8), orders=(180, 0.8)),
        read("elif", 1, ramps=(1, 0.6)),
        read("finn", 1, repairs=(38, 0.6), reused=(12, 0.6), tried=(2, 0.9), washes=(10, 0.8)),
    ),
    on(
        "09-22 17:00",
        read("ben", 2, reviews=(6, 0.6), sold_out=(9, 0.8)),
        read("cleo", 2, overruns=(18, 0.5), in_time=(64, 0.4)),
        read("dev", 2, minutes=(6, 0.9), orders=(260, 0.9)),
        read("finn", 2, repairs=(36, 0.3), reused=(17, 0.3), tried=(4, 0.9), washes=(24, 0.9)),
    ),
    on(
        "09-29 17:00",
        read("ben", 3, reviews=(8, 0.3), sold_out=(12, 1.0)),
        read("cleo", 3, overruns=(15, 0.3), in_time=(70, 0.2)),
        read("dev", 3, minutes=(4, 1.0), orders=(300, 1.0)),
        read("elif", 3, ramps=(2, 0.2)),
        read("finn", 3, repairs=(34, 0.1), reused=(20, 0.1), tried=(5, 1.0), washes=(30, 1.0)),
        graded("ben", "reviews", "COMPUTED", ("CYCLE_IS_NOT_IN_REVIEW", ["keyResult", "externalId"])),
    ),
)

BEGINNING = on(
    "10-01 09:00",
    step("ben", "cycleReview", (FORBIDDEN, []), cycle=LAST),
    step("ada", "organizationUpdate", reviewRequired=True),
    step("ada", "cycleReview", cycle=LAST),
    Ask("owed", "Owed", ("ben", "elif", "gus")),
)

GRADING = on(
    "10-01 10:00",
    graded(
        "ben", "reviews", "OVERRIDE", ("INVALID_INPUT", ["score"]), score=1.5, reason="Two papers merged."
    ),
    graded("ben", "reviews", "OVERRIDE", ("REASON_REQUIRED", ["reason"]), score=0.9),
    graded("ben", "reviews", "OVERRIDE", score=0.9, reason="Two of the papers merged in August."),
    graded("ben", "sold-out", "COMPUTED"),
    graded(
        "ben",
        "sold-out",
        "OVERRIDE",
        ("ALREADY_GRADED", ["keyResult", "externalId"]),
        score=0.8,
        reason="One was a school.",
    ),
    graded("cleo", "minutes", "COMPUTED", (FORBIDDEN, ["keyResult", "externalId"])),
    graded("cleo", "overruns", "COMPUTED"),
    # Late, but about a day of the quarter: what was confirmed follows.
    step(
        "cleo",
        "checkInRecord",
        keyResult=to("overruns"),
        value=12,
        confidence=0.9,
        effectiveOn="2026-09-30",
        externalId="overruns/4",
    ),
    graded(
        "cleo", "in-time", "OVERRIDE", score=0.6, reason="Two evenings of *Faust* were meant to be longer."
    ),
    graded("dev", "minutes", "COMPUTED"),
    graded("dev", "orders", "OVERRIDE", score=0.9, reason="A coach party."),
    graded("dev", "orders", "COMPUTED", replace=True),
    graded("finn", "repairs", "COMPUTED"),
    graded("gus", "repairs", "COMPUTED", (FORBIDDEN, [])),
    graded("ben", "captions", "NOT_MEASURED", ("NOT_FOUND", ["keyResult", "externalId"]), reason="?"),
    Ask("close-too-early", "Close", ("ada",)),
    graded("elif", "captions", "NOT_MEASURED", ("REASON_REQUIRED", ["reason"])),
    graded("elif", "captions", "NOT_MEASURED", reason="The screen was never delivered."),
)

REVIEWING = on(
    "10-01 14:00",
    reviewed("ben", "premieres", "KEEP", "Two more are planned.", ("ROOT_CAUSE_REQUIRED", ["rootCause"])),
    reviewed(
        "ben",
        "premieres",
        "KEEP",
        "Two more are planned.",
        wentWell="Every premiere was full.",
        didNot="The papers wrote too late.",
        learned="Invite critics to the dress rehearsal.\nThey write while it matters.",
        celebration="Cleo's *Faust*: nine curtains.",
        rootCause="DEPENDENCY",
    ),
    reviewed("ben", "queue", "KEEP", "Why not?", (FORBIDDEN, ["objective", "externalId"])),
    reviewed("cleo", "rehearsals", "KEEP", " ", ("REASON_REQUIRED", ["decisionReason"])),
    reviewed("cleo", "rehearsals", "KEEP", "The hours are right, the habit is not.", learned="A bell helps."),
    reviewed("dev", "queue", "ACHIEVED", "Four minutes are enough.", celebration="The bar crew."),
    reviewed(
        "dev",
        "queue",
        "KEEP",
        "Again!",
        ("ALREADY_REVIEWED", ["objective", "externalId"]),
        externalId="another",
    ),
    reviewed(
        "elif",
        "seats",
        "MODIFY",
        "First the screen, then the evenings.",
        learned="Order screens before the season.",
        rootCause="CAPACITY",
    ),
    Ask("close-still-too-early", "Close", ("ada",)),
    reviewed(
        "finn",
        "costumes",
        "MODIFY",
        "Repairs first.",
        learned="Wool lasts, velvet does not.",
        rootCause="WRONG_ASSUMPTION",
    ),
    reviewed("finn", "dyes", "DEFER", "Winter is for painting.", learned="Indigo survives thirty washes."),
    step(
        "cleo",
        "commentCreate",
        on={"reviewRecord": to("queue-review")},
        text="Thank you!",
        externalId="thanks",
    ),
    step("ben", "reactionAdd", on={"reviewRecord": to("queue-review")}, emoji="🎉", externalId="cheers"),
    step(
        "finn",
        "lessonCreate",
        source={"reviewRecord": to("costumes-review")},
        title="Sew a second lining into costumes that are worn every evening",
        tags=["sewing"],
        carryForward=True,
        externalId="second-lining",
    ),
    step(
        "ben",
        "lessonCreate",
        source={"objective": to("premieres")},
        title="Premieres on Fridays fill the weekend",
        carryForward=True,
        externalId="fridays",
    ),
    step(
        "ben",
        "lessonCreate",
        ("NOT_FOUND", ["source", "reviewRecord", "externalId"]),
        source={"reviewRecord": to("seats-review")},
        title="Something from a place that I do not see",
    ),
)

QUESTIONS = ["I knew what mattered most.", "We said early when something went wrong."]
ASKING = on(
    "10-01 16:00",
    step("ben", "pulseCreate", (FORBIDDEN, []), cycle=LAST, questions=QUESTIONS),
    step("ada", "pulseCreate", cycle=LAST, questions=QUESTIONS, externalId="summer-pulse"),
    answered("ben", [4, 2], ("PULSE_IS_NOT_OPEN", ["pulse", "externalId"])),
    step("ada", "pulseOpen", pulse=to("summer-pulse")),
    answered("ada", [5, 3]),
    answered("ben", [4, 2]),
    answered("ben", [5, 5], ("ALREADY_ANSWERED", ["pulse", "externalId"])),
    answered("cleo", [6, 1], ("INVALID_INPUT", ["answers", "0"])),
    answered("cleo", [4], ("ANSWERS_MISSING", ["answers"])),
    answered("cleo", [4, 1]),
    answered("dev", [5, 4]),
    answered("gus", [1, 1], (FORBIDDEN, [])),
    Ask("pulse-open", "Pulse"),
    answered("elif", [2, 2]),
    step("ada", "pulseClose", pulse=to("summer-pulse")),
    answered("finn", [3, 3], ("PULSE_IS_NOT_OPEN", ["pulse", "externalId"])),
    Ask("pulse-closed", "Pulse"),
)

CLOSING = on(
    "10-02 09:00",
    Ask("summary-in-review", "Summary"),
    step("finn", "cycleClose", (FORBIDDEN, []), cycle=LAST),
    Ask("close", "Close", ("ada",)),
    graded("finn", "repairs", "COMPUTED", ("CYCLE_IS_CLOSED", ["keyResult", "externalId"])),
    Ask("summary-closed", "Summary"),
    Ask("reviewed", "Reviewed"),
    Ask("calibration", "Calibrated", ("ada", "ben", "cleo", "gus")),
)

ITEMS = [
    {
        "objective": to("premieres"),
        "keyResults": [{"keyResult": to("sold-out"), "targetValue": 15}],
    },
    {
        "objective": to("costumes"),
        "keyResults": [
            {"keyResult": to("repairs"), "targetValue": 20},
            {"keyResult": to("reused"), "skip": True},
        ],
    },
]
ROLL_OVER = {"fromCycle": LAST, "toCycle": NEXT, "items": ITEMS}
DRY_RUN = {"input": {**ROLL_OVER, "dryRun": True}}
ROLLING = on(
    "10-02 11:00",
    step("ada", "cycleActivate", cycle=NEXT),
    rolled("ada", ("CYCLE_IS_NOT_LATER", ["toCycle", "externalId"]), LAST, LAST),
    rolled("ada", ("CYCLE_IS_NOT_LATER", ["toCycle", "externalId"]), NEXT, LAST),
    rolled("ada", ("NOT_FOUND", ["toCycle", "externalId"]), LAST, to("2027-q1")),
    rolled(
        "ada",
        ("NOT_IN_CYCLE", ["items", "0", "objective", "externalId"]),
        LAST,
        NEXT,
        {"objective": to("friend")},
    ),
    rolled(
        "ada",
        ("NAMED_TWICE", ["items", "1", "objective", "externalId"]),
        LAST,
        NEXT,
        {"objective": to("queue")},
        {"objective": to("queue")},
    ),
    rolled(
        "ben",
        (FORBIDDEN, ["items", "0", "objective", "externalId"]),
        LAST,
        NEXT,
        {"objective": to("queue")},
    ),
    Ask("roll-over-dry", "RollOver", ("ada",), DRY_RUN),
    Ask(
        "roll-over-dry-without-items",
        "RollOver",
        ("ben", "gus"),
        {"input": {**DRY_RUN["input"], "items": []}},
    ),
    Ask("roll-over", "RollOver", ("ada",), {"input": ROLL_OVER}),
    Ask("roll-over-again", "RollOver", ("ada",), {"input": ROLL_OVER}),
)

DRAFTING = on(
    "10-02 13:00",
    Ask("drafts", "Drafts", ("ada", "cleo", "elif", "gus")),
    # The coach says what the drafts lack; their owners see to it.
    step("ben", "objectiveUpdate", objective=successor("premieres"), externalId="premieres-q4"),
    step("ben", "keyResultUpdate", keyResult=successor("reviews"), externalId="reviews-q4"),
    step("ben", "keyResultUpdate", keyResult=successor("sold-out"), externalId="sold-out-q4"),
    step("cleo", "objectiveUpdate", objective=successor("rehearsals"), externalId="rehearsals-q4"),
    step(
        "finn",
        "objectiveUpdate",
        objective=successor("costumes"),
        externalId="costumes-q4",
        title="Costumes that are mended before they tear",
    ),
    step(
        "finn",
        "keyResultCreate",
        objective=to("costumes-q4"),
        externalId="lined",
        title="Costumes with a second lining",
        measure="INCREASE",
        startValue=0,
        targetValue=25,
    ),
    step("ben", "objectivePublish", (FORBIDDEN, ["objective", "externalId"]), objective=to("costumes-q4")),
    step("ben", "objectivePublish", objective=to("premieres-q4")),
    Ask("year-before-a-reading", "Year"),
    step(
        "ben", "checkInRecord", keyResult=to("reviews-q4"), value=9, confidence=0.8, externalId="reviews-q4/1"
    ),
    Ask("year", "Year"),
    Ask("drafts-edited", "Drafts", ("cleo", "finn", "gus")),
    step("finn", "objectivePublish", objective=to("costumes-q4")),
)

REVIEW = (BEGINNING, GRADING, REVIEWING, ASKING, CLOSING, ROLLING, DRAFTING)
