"""Scores of an objective: the mean of its parts' scores as computed and as graded, each with its floor."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding
from okr_api.okr.grade import Grade
from okr_api.okr.rollup_summary import KeyResultPart, ObjectivePart

from .grading import final_floor, final_score


class Scores(NamedTuple):
    """Scores of an objective, by the fields of its standing."""

    score_at_end: float | None
    score_floor: float | None
    final_score: float | None
    final_floor: float | None
    partial: bool


def scores_of(
    own: Sequence[KeyResultStanding | KeyResultPart],
    aligned: Sequence[ObjectiveStanding | ObjectivePart],
    mean: Callable[[Sequence[float | None]], float | None],
    grade: Grade | None,
) -> Scores:
    """Return the scores of an objective from its key results and the objectives that count in it.

    `mean` is the weighted mean of the values that are not None. Computed scores do not know grades; final
    ones are those of the parts as they were graded, unless `grade` says otherwise of the objective itself.
    """
    scores = [part.score_at_end for part in (*own, *aligned)]
    floors = [*scores[: len(own)], *[part.score_floor for part in aligned]]
    finals = [part.final_score for part in (*own, *aligned)]
    final_floors = [*finals[: len(own)], *[part.final_floor for part in aligned]]
    score, floor = mean(scores), _mean_of_all(floors, mean)
    return Scores(
        score_at_end=score,
        score_floor=floor,
        final_score=final_score(score if finals == scores else mean(finals), grade),
        final_floor=final_floor(floor if final_floors == floors else _mean_of_all(final_floors, mean), grade),
        partial=None in scores or any(part.partial for part in aligned),
    )


def _mean_of_all(
    values: Sequence[float | None], mean: Callable[[Sequence[float | None]], float | None]
) -> float | None:
    return mean([value or 0.0 for value in values])
