"""Parts: what the means above need of a key result or an objective, where nothing else of it is here.

Their curves are not here: whoever may bend one loads the whole of all parts. Their status is here only
where nothing of them has been measured: then an objective may be stale with them.
"""

from dataclasses import dataclass

from .computed_values import (
    PENDING,
    KeyResultStanding,
    ProgressReason,
    Timeline,
)
from .key_result import KeyResult


@dataclass(frozen=True, slots=True)
class KeyResultPart:
    """A key result as its objective sees it: whether it counts, how much, and where it stands."""

    counts: bool
    weight: float
    progress: float | None
    progress_reason: ProgressReason | None
    coverage: float
    confidence: float | None
    score_at_end: float | None
    status: Timeline = PENDING

    @classmethod
    def of(cls, key_result: KeyResult, standing: KeyResultStanding) -> "KeyResultPart":
        """What is needed of one that is here."""
        return cls(
            counts=key_result.counts,
            weight=key_result.weight,
            progress=standing.progress,
            progress_reason=standing.progress_reason,
            coverage=standing.coverage,
            confidence=standing.confidence,
            score_at_end=standing.score_at_end,
            status=PENDING if standing.coverage else standing.status,
        )


@dataclass(frozen=True, slots=True)
class ObjectivePart:
    """An objective as what is above it sees it."""

    counts: bool
    progress: float | None
    progress_reason: ProgressReason | None
    coverage: float | None
    confidence: float | None
    lowest_confidence: float | None
    score_at_end: float | None
    score_floor: float | None
    partial: bool
    status: Timeline = PENDING
