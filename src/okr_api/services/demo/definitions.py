"""Demo definitions: dataclasses of planned objectives, key results and courses; constructors of measures."""

from dataclasses import dataclass
from enum import Enum

from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone
from okr_api.okr.objective import ObjectiveKind, ProgressSource
from okr_api.okr.policy import ObjectiveVisibility


class When(Enum):
    """Cycle of a planned objective."""

    YEAR = "year"
    QUARTER = "quarter"
    NEXT_QUARTER = "next quarter"


@dataclass(frozen=True, slots=True)
class Serves:
    """Alignment with an objective or key result above."""

    parent: str
    weight: float = 1.0
    kind: AlignmentKind = AlignmentKind.CONTRIBUTES


@dataclass(frozen=True, slots=True)
class Successor:
    """Objective that replaces another one later, and the reason for it."""

    key: str
    title: str
    why: str
    because: str


@dataclass(frozen=True, slots=True)
class PlannedObjective:
    """Objective to create; with `paused_because` it is paused afterwards, with `successor` replaced.

    `priorities` are the strategic ones that it names; `stands_alone` is the reason for serving nothing.
    `shared_with` are people who see it while it is private.
    """

    key: str
    title: str
    why: str
    owner: str
    when: When = When.QUARTER
    team: str | None = None
    kind: ObjectiveKind = ObjectiveKind.COMMITTED
    source: ProgressSource = ProgressSource.AUTO
    serves: tuple[Serves, ...] = ()
    contributors: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    stands_alone: str | None = None
    visibility: ObjectiveVisibility = ObjectiveVisibility.ORGANIZATION
    shared_with: tuple[str, ...] = ()
    draft: bool = False
    paused_because: str | None = None
    successor: Successor | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """Course of a key result, from which its check-ins up to any day are generated.

    `reaches` is the value at the cycle's end; `seen` are the values of a limit, repeated in turn; `done_at`
    is the share of the cycle after which a yes/no is yes, and `hurry` how much faster than planned milestones
    are done. The last `silent_days` before today have no check-ins. `confidence` goes from the first to the
    second number; `status` is the reported status.
    """

    reaches: float | None = None
    seen: tuple[float, ...] = ()
    done_at: float = 2.0
    hurry: float = 1.0
    digits: int = 0
    silent_days: int = 0
    confidence: tuple[float, float] = (0.7, 0.7)
    status: ReportedStatus | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedKeyResult:
    """Key result to create, with its course; without one it has no check-ins.

    A guard-rail has a `broken_budget` and no weight. `eased_to` is a later target that is easier to reach,
    and `eased_because` the reason for it.
    """

    key: str
    objective: str
    title: str
    measure: Measure
    course: Course | None = None
    weight: float = 1.0
    owner: str | None = None
    broken_budget: float | None = None
    eased_to: float | None = None
    eased_because: str | None = None
    dropped_because: str | None = None

    @property
    def role(self) -> KeyResultRole:
        """Return GUARD_RAIL if it has a budget, else DRIVER."""
        return KeyResultRole.DRIVER if self.broken_budget is None else KeyResultRole.GUARD_RAIL


def increase(start: float, target: float, unit: str) -> Measure:
    """Return a measure that rises from a start to a target."""
    return Measure(KeyResultMeasure.INCREASE, unit, start_value=start, target_value=target)


def decrease(start: float, target: float, unit: str) -> Measure:
    """Return a measure that falls from a start to a target."""
    return Measure(KeyResultMeasure.DECREASE, unit, start_value=start, target_value=target)


def at_least(limit: float, unit: str) -> Measure:
    """Return a limit that values must not be below."""
    return Measure(KeyResultMeasure.AT_LEAST, unit, target_value=limit)


def at_most(limit: float, unit: str) -> Measure:
    """Return a limit that values must not be above."""
    return Measure(KeyResultMeasure.AT_MOST, unit, target_value=limit)


def within(lowest: float, highest: float, unit: str) -> Measure:
    """Return a limit that keeps values between two bounds."""
    return Measure(KeyResultMeasure.WITHIN, unit, lower_bound=lowest, upper_bound=highest)


def zones(start: float, commit: float, target: float, stretch: float, unit: str) -> Measure:
    """Return a measure with a start, a commitment, a target and a stretch."""
    return Measure(
        KeyResultMeasure.ZONES,
        unit,
        start_value=start,
        commit_value=commit,
        target_value=target,
        stretch_value=stretch,
    )


def steps(**names_and_weights: tuple[str, float]) -> Measure:
    """Return a measure of milestones by key, each with a name and a weight."""
    return Measure(
        KeyResultMeasure.MILESTONES,
        milestones=tuple(Milestone(key, name, weight) for key, (name, weight) in names_and_weights.items()),
    )


YES_NO = Measure(KeyResultMeasure.BOOLEAN)
