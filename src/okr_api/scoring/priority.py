"""Scoring of strategic priorities: progress as a mean over objectives; share of objectives aligned."""

from collections.abc import Sequence
from typing import NamedTuple

from okr_api.okr.computed_values import ProgressReason
from okr_api.okr.numbers import mean_of_known

from .progress import progress_as_part


class PriorityPart(NamedTuple):
    """An objective as a part of the progress of a priority."""

    progress: float | None
    progress_reason: ProgressReason | None


def progress_of_priority(parts: Sequence[PriorityPart]) -> float | None:
    """Return the mean progress of the top-most objectives that serve a priority, each with weight 1.

    As in every mean, an objective that is merely unmeasured counts 0, and one whose progress cannot be
    computed is left out; None if all are, or if there are none.
    """
    return mean_of_known([1.0] * len(parts), [progress_as_part(part) for part in parts])


def aligned_share(aligned_count: int, objective_count: int) -> float | None:
    """Return the share of objectives that are aligned, 0 to 1; None if there are none."""
    return aligned_count / objective_count if objective_count else None
