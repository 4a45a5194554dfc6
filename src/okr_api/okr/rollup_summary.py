"""Roll-up summaries: the values of a node that the means of its parent need, without the node itself.

Expected-progress curves are not included: a change that may alter a curve loads all parts in full. The
status is included only where nothing has been measured, as the objective may then be stale with it.
"""

from dataclasses import dataclass
from uuid import UUID

from .computed_values import (
    PENDING,
    KeyResultStanding,
    ProgressReason,
    Timeline,
)
from .guard_rail import exceeds_budget
from .key_result import KeyResult
from .lineage import LineageNumbers


@dataclass(frozen=True, slots=True)
class GuardRail:
    """A guard-rail in force as its objective needs it: broken by the latest reading, or beyond its budget."""

    broken: bool
    beyond_budget: bool

    @classmethod
    def of(cls, key_result: KeyResult, standing: KeyResultStanding) -> "GuardRail | None":
        """Return the state of a guard-rail; None for any other key result."""
        if not key_result.guards:
            return None
        return cls.judged(standing.holds, standing.held_share_at_end, key_result.broken_budget)

    @classmethod
    def judged(
        cls, holds: bool | None, held_share_at_end: float | None, broken_budget: float | None
    ) -> "GuardRail":
        """Return the state of a guard-rail in force by its stored numbers."""
        return cls(broken=holds is False, beyond_budget=exceeds_budget(broken_budget, held_share_at_end))


@dataclass(frozen=True, slots=True)
class KeyResultPart:
    """A key result as its objective needs it: whether it counts, its weight and its numbers."""

    counts: bool
    weight: float
    progress: float | None
    progress_reason: ProgressReason | None
    coverage: float
    confidence: float | None
    score_at_end: float | None
    final_score: float | None
    status: Timeline = PENDING
    guard: GuardRail | None = None
    lineage: LineageNumbers | None = None

    @classmethod
    def of(cls, key_result: KeyResult, standing: KeyResultStanding) -> "KeyResultPart":
        """Return the summary of a loaded key result."""
        return cls(
            counts=key_result.counts,
            weight=key_result.weight,
            progress=standing.progress,
            progress_reason=standing.progress_reason,
            coverage=standing.coverage,
            confidence=standing.confidence,
            score_at_end=standing.score_at_end,
            final_score=standing.final_score,
            status=PENDING if standing.coverage else standing.status,
            guard=GuardRail.of(key_result, standing),
            lineage=standing.lineage,
        )


@dataclass(frozen=True, slots=True)
class ObjectivePart:
    """An objective as its parents need it."""

    counts: bool
    progress: float | None
    progress_reason: ProgressReason | None
    coverage: float | None
    confidence: float | None
    lowest_confidence: float | None
    score_at_end: float | None
    score_floor: float | None
    final_score: float | None
    final_floor: float | None
    partial: bool
    cycle_id: UUID
    status: Timeline = PENDING
    lineage: LineageNumbers | None = None
    lineage_id: UUID | None = None
