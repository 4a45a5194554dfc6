"""Summary of a cycle: distribution of final scores, met or missed, means, eased targets, guard-rails, rhythm.

Committed and aspirational objectives are never mixed in one mean, and learning ones are only counted. Equal
facts are added together, with how many `times` they occur.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from okr_api.okr.check_in_slots import CheckInSlotState
from okr_api.okr.computed_values import Band, Status
from okr_api.okr.guard_rail import exceeds_budget
from okr_api.okr.numbers import mean_of_known, reaches
from okr_api.okr.objective import EXPECTATIONS, ObjectiveKind
from okr_api.okr.on_time_share import share_on_time

from .grading import band_of, graded_by, outcome_of

TENTHS = 10
TOO_SAFE_ABOVE = 0.75  # share of scores at 1.0


class ObjectiveFact(NamedTuple):
    """Published objectives of a cycle that are equal in all of this; band and outcome once it is closed."""

    kind: ObjectiveKind
    final_score: float | None
    final_floor: float | None
    coverage: float | None = None
    guard_rail_broken: bool = False
    band: Band | None = None
    outcome: Status | None = None
    times: int = 1


class GuardRailFact(NamedTuple):
    """Guard-rails in force with the same budget and the same share of time in which they held."""

    broken_budget: float | None
    held_share_at_end: float | None
    times: int = 1


class EasedFact(NamedTuple):
    """Key results with an eased target, with their computed score by the present and the original target."""

    score: float | None
    original_score: float | None
    times: int = 1


def tenth_of(score: float) -> int:
    """Return the place of a score among the tenths: 0 below 0.1, 9 from 0.9 to 1."""
    return sum(reaches(score, place / TENTHS) for place in range(1, TENTHS))


def mean_of(values: list[float]) -> float | None:
    """Return the mean; None without values."""
    return mean_of_known([1.0] * len(values), values)


@dataclass
class ScoreDistribution:
    """How many final scores lie in each tenth, in each band and at 1.0, and how many there are not."""

    tenths: list[int] = field(default_factory=lambda: [0] * TENTHS)
    bands: Counter[Band | None] = field(default_factory=Counter)
    at_one_count: int = 0
    not_measured_count: int = 0

    def add(
        self, score: float | None, floor: float | None, count: int = 1, *, band: Band | None = None
    ) -> None:
        """Add scores, each with the floor that its band follows, unless a closed cycle has kept the band."""
        if score is None:
            self.not_measured_count += count
            return
        self.tenths[tenth_of(score)] += count
        self.bands[band or band_of(graded_by(score, floor))] += count
        self.at_one_count += reaches(score, 1.0) * count

    @property
    def scored_count(self) -> int:
        """Return the number of scores."""
        return sum(self.tenths)

    @property
    def at_one_share(self) -> float | None:
        """Return the share of the scores that are at 1.0; None without scores."""
        return self.at_one_count / self.scored_count if self.scored_count else None

    @property
    def is_too_safe(self) -> bool:
        """Return whether more than three quarters of the scores are at 1.0: targets that anybody reaches."""
        return self.at_one_share is not None and not reaches(TOO_SAFE_ABOVE, self.at_one_share)


@dataclass
class CycleSummary:
    """Numbers of a cycle, or of a team in it, as facts are added."""

    objective_count: int = 0
    learning_count: int = 0
    objective_scores: ScoreDistribution = field(default_factory=ScoreDistribution)
    key_result_scores: ScoreDistribution = field(default_factory=ScoreDistribution)
    committed: Counter[Status | None] = field(default_factory=Counter)
    aspirational: Counter[Status | None] = field(default_factory=Counter)
    aspirational_scores: list[float] = field(default_factory=list)
    coverages: list[float] = field(default_factory=list)
    eased_count: int = 0
    eased: list[tuple[float, float]] = field(default_factory=list)
    guard_rail_count: int = 0
    broken_count: int = 0

    def add_objective(self, fact: ObjectiveFact) -> None:
        """Add objectives; those that are learning have no part in any score."""
        self.objective_count += fact.times
        self.coverages += [fact.coverage or 0.0] * fact.times
        if fact.kind is ObjectiveKind.LEARNING:
            self.learning_count += fact.times
            return
        self.objective_scores.add(fact.final_score, fact.final_floor, fact.times, band=fact.band)
        if fact.kind is ObjectiveKind.COMMITTED:
            self.committed[_outcome(fact)] += fact.times
            return
        self.aspirational[_outcome(fact)] += fact.times
        if fact.final_score is not None:
            self.aspirational_scores += [fact.final_score] * fact.times

    def add_eased(self, fact: EasedFact) -> None:
        """Add key results with an eased target; a mean compares those that have both scores."""
        self.eased_count += fact.times
        if fact.score is not None and fact.original_score is not None:
            self.eased += [(fact.score, fact.original_score)] * fact.times

    def add_guard_rail(self, fact: GuardRailFact) -> None:
        """Add guard-rails; one is broken if it was for longer than its budget."""
        self.guard_rail_count += fact.times
        self.broken_count += exceeds_budget(fact.broken_budget, fact.held_share_at_end) * fact.times

    @property
    def aspirational_mean(self) -> float | None:
        """Return the mean final score of the aspirational objectives that have one."""
        return mean_of(self.aspirational_scores)

    @property
    def coverage(self) -> float | None:
        """Return the mean coverage of the objectives; one beneath which nothing counts has 0."""
        return mean_of(self.coverages)

    @property
    def eased_mean(self) -> float | None:
        """Return the mean computed score of what was eased, by the present targets."""
        return mean_of([score for score, _ in self.eased])

    @property
    def original_mean(self) -> float | None:
        """Return the mean of the same by the targets before their first revision."""
        return mean_of([original for _, original in self.eased])


def _outcome(fact: ObjectiveFact) -> Status | None:
    """Return the outcome that the objectives have, or will have once the cycle is closed."""
    if fact.outcome is not None:
        return fact.outcome
    graded, expectation = graded_by(fact.final_score, fact.final_floor), EXPECTATIONS[fact.kind]
    return outcome_of(graded, expectation, guard_rail_broken=fact.guard_rail_broken)


def rhythm_of(states: Counter[CheckInSlotState]) -> dict[str, int | float | None]:
    """Return how many check-in slots were met on time, late or not at all, and the share on time."""
    return {
        "on_time_count": states[CheckInSlotState.ON_TIME],
        "late_count": states[CheckInSlotState.LATE],
        "missed_count": states[CheckInSlotState.MISSED],
        "excused_count": states[CheckInSlotState.EXCUSED],
        "on_time_share": share_on_time(states),
    }
