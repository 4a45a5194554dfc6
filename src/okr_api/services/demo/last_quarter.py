"""Demo of a review: the last quarter with its objectives, graded, reviewed and closed; the steps."""

from dataclasses import dataclass
from datetime import timedelta

from okr_api.okr.entity import NodeType
from okr_api.okr.grade import GradeKind
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.services import cycles, key_results, objectives, organization
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.grades import grade_key_result
from okr_api.services.lessons import add_lesson
from okr_api.services.references import Ref
from okr_api.services.reviews import record_review

from .company import DIRECTOR
from .dates import Calendar
from .pulse import pulse_steps
from .steps import Step, ref_to

LAST_READ = timedelta(days=3)  # before the end of the quarter


@dataclass(frozen=True, slots=True)
class PastKeyResult:
    """Key result with its last value, None if it was never read, and its grade, None for the computed one."""

    key: str
    title: str
    measure: Measure
    value: float | None
    grade: GradeKind | None = None
    score: float | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class PastObjective:
    """Objective of the last quarter with what its review says."""

    key: str
    title: str
    owner: str
    team: str
    key_results: tuple[PastKeyResult, ...]
    decision: ReviewDecision
    why: str
    learned: str
    kind: ObjectiveKind = ObjectiveKind.COMMITTED
    priorities: tuple[str, ...] = ()
    root_cause: RootCause | None = None
    celebration: str | None = None


OBJECTIVES = (
    PastObjective(
        "no-ship-into-a-storm",
        "No ship sails into a storm that was announced",
        "jonas",
        "fleet",
        (
            PastKeyResult(
                "warnings-within-the-hour",
                "Warnings that the bridge confirms within the hour",
                Measure(KeyResultMeasure.AT_LEAST, unit="%", target_value=95.0),
                97.0,
            ),
            PastKeyResult(
                "sailings-turned-back",
                "Sailings turned back for weather",
                Measure(KeyResultMeasure.AT_MOST, target_value=2.0),
                1.0,
            ),
        ),
        ReviewDecision.ACHIEVED,
        "The bridge confirms warnings as a matter of course now.",
        "A call beats a message: the radio was answered, the mailbox was not.",
        celebration="Jonas and the night crews: one sailing turned back, and that one was right.",
    ),
    PastObjective(
        "tickets-on-the-phone",
        "A ticket is something on a phone",
        "mei",
        "booking",
        (
            PastKeyResult(
                "tickets-without-paper",
                "Tickets without paper",
                Measure(KeyResultMeasure.INCREASE, unit="%", start_value=20.0, target_value=80.0),
                41.0,
                GradeKind.OVERRIDE,
                0.5,
                "The scanners of two ports came in the last week; where they were, it was 60 %.",
            ),
            PastKeyResult(
                "desks-without-a-printer",
                "Desks without a printer",
                Measure(KeyResultMeasure.INCREASE, start_value=0.0, target_value=6.0),
                3.0,
            ),
        ),
        ReviewDecision.KEEP,
        "Half of the ports are done, and the other half have their scanners.",
        "Bring the scanner before the poster: people try a new thing once.",
        kind=ObjectiveKind.ASPIRATIONAL,
        priorities=("as-easy-as-stepping-aboard",),
        celebration="Mei sold the first group of forty without a sheet of paper.",
    ),
    PastObjective(
        "no-bag-left-behind",
        "No bag stays on the quay",
        "luca",
        "ports",
        (
            PastKeyResult(
                "bags-lost",
                "Bags lost per thousand guests",
                Measure(KeyResultMeasure.DECREASE, start_value=4.0, target_value=1.0),
                2.5,
            ),
            PastKeyResult(
                "bags-found-in-a-day",
                "Lost bags that are found within a day",
                Measure(KeyResultMeasure.AT_LEAST, unit="%", target_value=80.0),
                None,
                GradeKind.NOT_MEASURED,
                None,
                "Nobody wrote down when a bag was found.",
            ),
        ),
        ReviewDecision.MODIFY,
        "Half of what is lost is lost at one gate: the next objective is about that gate.",
        "Decide who counts before the quarter begins.",
        root_cause=RootCause.MEASUREMENT,
    ),
)

LESSON = {
    "source": Ref(external_id="tickets-on-the-phone-reviewed", node_type=NodeType.REVIEW_RECORD),
    "title": "Guests with old phones need a ticket that works without a signal",
    "text": "On the quay there is none. A ticket that was opened once at home stays on the screen.",
    "tags": ("booking",),
    "carry_forward": True,
    "external_id": "works-without-a-signal",
}


def last_quarter_steps(calendar: Calendar) -> list[Step]:
    """Return the steps of the last quarter, from its plan to its close; reviews are required from then on."""
    days, year = calendar.last_quarter, calendar.year
    cycle = ref_to(days.key)
    plan = {
        "name": days.name,
        "starts_on": days.starts_on,
        "ends_on": days.ends_on,
        "parent": ref_to(year.key) if days.starts_on.year == year.starts_on.year else None,
        "external_id": days.key,
    }
    require = {"edits": {"review_required": True}}
    return [
        Step(f"cycle {days.key}", DIRECTOR, cycles.plan_cycle, plan),
        Step(f"activate {days.key}", DIRECTOR, cycles.activate_cycle, {"cycle": cycle}),
        *(step for objective in OBJECTIVES for step in _planned(objective, calendar)),
        Step(f"review {days.key}", DIRECTOR, cycles.begin_review, {"cycle": cycle}),
        *(step for objective in OBJECTIVES for step in _reviewed(objective)),
        Step(f"lesson {LESSON['external_id']}", "mei", add_lesson, LESSON),
        *pulse_steps(calendar),
        Step("require reviews", DIRECTOR, organization.edit_organization, require),
        Step(f"close {days.key}", DIRECTOR, cycles.close_cycle, {"cycle": cycle}),
    ]


def _planned(objective: PastObjective, calendar: Calendar) -> list[Step]:
    """Return the steps that plan an objective and read its key results."""
    days, owner = calendar.last_quarter, objective.owner
    plan = {
        "cycle": ref_to(days.key),
        "title": objective.title,
        "kind": objective.kind,
        "owner": ref_to(owner),
        "team": ref_to(objective.team),
        "priorities": [ref_to(key) for key in objective.priorities],
        "external_id": objective.key,
    }
    steps = [Step(f"objective {objective.key}", owner, objectives.draft_objective, plan)]
    for each in objective.key_results:
        defined = {
            "objective": ref_to(objective.key),
            "title": each.title,
            "measure": each.measure,
            "owner": ref_to(owner),
            "external_id": each.key,
        }
        steps.append(Step(f"key result {each.key}", owner, key_results.define_key_result, defined))
        if each.value is not None:
            read = CheckInRequest(
                key_result=Ref(external_id=each.key),
                value=each.value,
                effective_at=calendar.at(days.ends_on - LAST_READ, 60),
                external_id=f"{each.key}/last",
            )
            steps.append(Step(f"read {each.key}", owner, items=[read]))
    return steps


def _reviewed(objective: PastObjective) -> list[Step]:
    """Return the steps that grade the key results of an objective and record its review."""
    grades = [
        Step(
            f"grade {each.key}",
            objective.owner,
            grade_key_result,
            {
                "key_result": Ref(external_id=each.key),
                "kind": each.grade,
                "score": each.score,
                "reason": each.because,
            },
        )
        for each in objective.key_results
        if each.grade is not None
    ]
    said = {
        "objective": Ref(external_id=objective.key),
        "decision": objective.decision,
        "decision_reason": objective.why,
        "learned": objective.learned,
        "celebration": objective.celebration,
        "root_cause": objective.root_cause,
        "external_id": f"{objective.key}-reviewed",
    }
    return [*grades, Step(f"review {objective.key}", objective.owner, record_review, said)]
