"""Demo experiments and lessons: what was tried on key results and what was learned; the steps."""

from dataclasses import dataclass
from datetime import timedelta

from okr_api.okr.entity import NodeType
from okr_api.okr.experiment import ExperimentOutcome
from okr_api.services.experiments import abandon_experiment, add_experiment, conclude_experiment
from okr_api.services.lessons import add_lesson
from okr_api.services.references import Ref

from .dates import Calendar
from .steps import Step, ref_to


@dataclass(frozen=True, slots=True)
class PlannedExperiment:
    """Experiment to create, by the owner of the key result; it began so many days ago, None if it is planned.

    It is concluded with an `outcome`, and abandoned with an `end` without one.
    """

    key: str
    of: str
    by: str
    hypothesis: str
    what_changes: str
    expected: float | None = None
    days_ago: int | None = None
    outcome: ExperimentOutcome | None = None
    end: str | None = None


EXPERIMENTS = (
    PlannedExperiment(
        "timetable-first",
        "calls-to-the-desk",
        "priya",
        "We believe that reading out the timetable first will spare half of the callers the wait",
        "The telephone says today's crossings before it offers the desk.",
        expected=380,
        days_ago=21,
        outcome=ExperimentOutcome.CONFIRMED,
        end="Fewer calls in every week, and nobody has complained about the longer announcement.",
    ),
    PlannedExperiment(
        "one-long-page",
        "under-a-minute",
        "mei",
        "We believe that one long page will be finished within a minute more often than three short ones",
        "Half of the guests get the whole form on one page.",
        expected=50,
        days_ago=14,
    ),
    PlannedExperiment(
        "name-the-fee-early",
        "given-up-at-payment",
        "mei",
        "We believe that showing the card fee on the first page will keep guests from giving up",
        "The price on the first page includes the fee.",
        expected=15,
    ),
    PlannedExperiment(
        "rate-by-text-message",
        "app-rating",
        "mei",
        "We believe that asking by text message after the crossing will bring more ratings",
        "A message an hour after landing.",
        days_ago=25,
        end="The islands have too little reception; most messages came the next day.",
    ),
)


@dataclass(frozen=True, slots=True)
class PlannedLesson:
    """Lesson to create from a node."""

    key: str
    source: Ref
    by: str
    title: str
    text: str
    tags: tuple[str, ...]
    carry_forward: bool = False


LESSONS = (
    PlannedLesson(
        "answer-before-they-ask",
        Ref(external_id="timetable-first", node_type=NodeType.EXPERIMENT),
        "priya",
        "What most callers ask goes first in the announcement",
        "Half of the calls were about *today's* crossings. The recording takes twelve seconds longer, and "
        "the desk talks to those who need it.",
        ("telephone", "self-service"),
        carry_forward=True,
    ),
    PlannedLesson(
        "they-stop-at-the-card",
        Ref(external_id="booked-in-a-minute", node_type=NodeType.OBJECTIVE),
        "mei",
        "Guests give up booking at the card, not at the form",
        "Two rounds of shorter forms moved the minute and not the guests who give up. The next plan begins "
        "with the payment.",
        ("booking", "payment"),
        carry_forward=True,
    ),
    PlannedLesson(
        "one-morning-is-no-baseline",
        Ref(external_id="under-a-minute/baseline", node_type=NodeType.CHECK_IN),
        "mei",
        "A baseline of one morning is too short",
        "The first reading was of a Monday in the holidays. The next one takes a week.",
        ("measuring",),
    ),
    PlannedLesson(
        "book-divers-in-summer",
        Ref(external_id="hulls-ready", node_type=NodeType.OBJECTIVE),
        "amara",
        "Divers for the hulls are booked out by autumn",
        "Whoever plans inspections for winter orders the diver in July.",
        ("inspections",),
        carry_forward=True,
    ),
)


def learning_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that plan and conclude the experiments, and keep the lessons."""
    steps: list[Step] = []
    for each in EXPERIMENTS:
        steps += _experiment(each, calendar)
    return [*steps, *map(_lesson, LESSONS)]


def _experiment(experiment: PlannedExperiment, calendar: Calendar) -> list[Step]:
    begun = experiment.days_ago
    new = {
        "key_result": ref_to(experiment.of),
        "hypothesis": experiment.hypothesis,
        "what_changes": experiment.what_changes,
        "expected_value": experiment.expected,
        "expected_by": calendar.quarter.ends_on if experiment.expected else None,
        "started_on": None if begun is None else calendar.today - timedelta(days=begun),
        "external_id": experiment.key,
    }
    steps = [Step(f"experiment {experiment.key}", experiment.by, add_experiment, new)]
    named = {"experiment": ref_to(experiment.key), "ended_on": calendar.today - timedelta(days=1)}
    if experiment.outcome:
        done = named | {"outcome": experiment.outcome, "conclusion": experiment.end}
        steps.append(Step(f"conclude {experiment.key}", experiment.by, conclude_experiment, done))
    elif experiment.end:
        given_up = named | {"reason": experiment.end}
        steps.append(Step(f"abandon {experiment.key}", experiment.by, abandon_experiment, given_up))
    return steps


def _lesson(lesson: PlannedLesson) -> Step:
    return Step(
        f"lesson {lesson.key}",
        lesson.by,
        add_lesson,
        {
            "source": lesson.source,
            "title": lesson.title,
            "text": lesson.text,
            "tags": lesson.tags,
            "carry_forward": lesson.carry_forward,
            "external_id": lesson.key,
        },
    )
