"""Grading: final score by a grade; band (red, yellow, green) and outcome, and which score both follow."""

from okr_api.okr.computed_values import Band, Status
from okr_api.okr.grade import Grade, GradeKind
from okr_api.okr.numbers import reaches
from okr_api.okr.objective import ObjectiveKind

YELLOW_FROM = 0.4
GREEN_FROM = 0.7


def final_score(score: float | None, grade: Grade | None) -> float | None:
    """Return the score of a node as it was graded: the computed one unless the grade says otherwise."""
    if grade is None or grade.kind is GradeKind.COMPUTED:
        return score
    return grade.score  # none of what was not measured


def final_floor(floor: float | None, grade: Grade | None) -> float | None:
    """Return the floor of an objective as it was graded: 0 if it was not measured."""
    if grade is None or grade.kind is GradeKind.COMPUTED:
        return floor
    return 0.0 if grade.score is None else grade.score


def graded_by(score: float | None, floor: float | None) -> float | None:
    """Return the score that band and outcome follow: the floor, which counts unscored parts as 0.

    None if there is no score: an objective without any scored part is not graded.
    """
    return None if score is None else floor


def band_of(score: float | None, kind: ObjectiveKind = ObjectiveKind.COMMITTED) -> Band | None:
    """Return the band: red below 0.4, yellow below 0.7, otherwise green; None for learning objectives."""
    if score is None or kind is ObjectiveKind.LEARNING:
        return None
    if reaches(score, GREEN_FROM):
        return Band.GREEN
    return Band.YELLOW if reaches(score, YELLOW_FROM) else Band.RED


def outcome_of(score: float | None, expectation: float, *, guard_rail_broken: bool = False) -> Status | None:
    """Return ACHIEVED if the score reaches the expectation, otherwise MISSED; None without a score.

    A guard-rail that was broken beyond its budget leaves no ACHIEVED.
    """
    if score is None:
        return None
    return Status.ACHIEVED if reaches(score, expectation) and not guard_rail_broken else Status.MISSED
