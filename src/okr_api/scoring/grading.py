"""Grading: what the score says when the cycle is over."""

from okr_api.okr.computed_values import Band, Status
from okr_api.okr.numbers import reaches
from okr_api.okr.objective import ObjectiveKind

YELLOW_FROM = 0.4
GREEN_FROM = 0.7


def graded_by(score: float | None, floor: float | None) -> float | None:
    """Return what band and outcome of an objective follow: the floor, in which the unscored is 0.

    None without a score: where nothing at all was scored there is no grade.
    """
    return None if score is None else floor


def band_of(score: float | None, kind: ObjectiveKind = ObjectiveKind.COMMITTED) -> Band | None:
    """Red below 0.4, yellow below 0.7, green from there on; learning has no band."""
    if score is None or kind is ObjectiveKind.LEARNING:
        return None
    if reaches(score, GREEN_FROM):
        return Band.GREEN
    return Band.YELLOW if reaches(score, YELLOW_FROM) else Band.RED


def outcome_of(score: float | None, expectation: float) -> Status | None:
    """Achieved when the score reaches what was expected, else missed; nothing without a score."""
    if score is None:
        return None
    return Status.ACHIEVED if reaches(score, expectation) else Status.MISSED
