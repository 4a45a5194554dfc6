"""Target revision: a change of a key result's measure after its cycle began; whether it eases the target."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .measure import KeyResultMeasure, Measure
from .numbers import SMALLEST_SPAN

MAX_TARGET_REVISIONS = 100  # of one key result


@dataclass(frozen=True, slots=True)
class TargetRevision:
    """A change of the measure, by whom and why; `eased` is whether the same readings look better by it."""

    at: datetime
    author_name: str
    author_person_id: UUID | None
    reason: str | None
    before: Measure
    after: Measure
    eased: bool


Move = tuple[float | None, float | None, float]  # before, after, and the direction that is harder


def eases_target(before: Measure, after: Measure, *, start: float | None = None) -> bool:
    """Return whether the same readings would look better by the new measure than by the former one.

    A target, a zone or a limit that lies nearer is eased, and so is a start that lies further away, a wider
    range, and a milestone left out. `start` is the start value in use, where the former measure has none. A
    change of what is measured is no easing: its readings are no longer comparable.
    """
    if not before.same_quantity(after):
        return False
    kept = {milestone.key for milestone in after.milestones}
    if any(milestone.key not in kept for milestone in before.milestones):
        return True
    return any(_is_eased(*move) for move in _moves(before, after, start))


def _is_eased(old: float | None, new: float | None, harder: float) -> bool:
    """Return whether a number moved against the harder direction, or was taken away."""
    if old is None:
        return False
    return new is None or harder * (old - new) >= SMALLEST_SPAN


def _moves(before: Measure, after: Measure, start: float | None) -> list[Move]:
    """Return each number of the measure before and after, with the direction in which it is harder."""
    match before.kind:
        case KeyResultMeasure.AT_LEAST:
            return [(before.target_value, after.target_value, 1.0)]
        case KeyResultMeasure.AT_MOST:
            return [(before.target_value, after.target_value, -1.0)]
        case KeyResultMeasure.WITHIN:
            return [
                (before.lower_bound, after.lower_bound, 1.0),
                (before.upper_bound, after.upper_bound, -1.0),
            ]
        case KeyResultMeasure.INCREASE | KeyResultMeasure.DECREASE | KeyResultMeasure.ZONES:
            way = _way(before)
            started = start if before.start_value is None else before.start_value
            return [
                (started, after.start_value, way),
                (before.commit_value, after.commit_value, way),
                (before.target_value, after.target_value, way),
                (before.stretch_value, after.stretch_value, way),
            ]
        case _:
            return []


def _way(measure: Measure) -> float:
    """Return 1 if values are to rise, -1 if they are to fall."""
    if measure.kind is KeyResultMeasure.ZONES:
        start, stretch = measure.start_value or 0.0, measure.stretch_value or 0.0
        return 1.0 if stretch >= start else -1.0
    return 1.0 if measure.kind is KeyResultMeasure.INCREASE else -1.0
