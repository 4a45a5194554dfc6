"""Lineage: numbers of what was carried over from earlier cycles, counted from where the first one started."""

from dataclasses import asdict, dataclass
from typing import Any

from .measure import KeyResultMeasure

# Measures that have a start from which to count.
STARTING = frozenset({KeyResultMeasure.INCREASE, KeyResultMeasure.DECREASE, KeyResultMeasure.ZONES})


@dataclass(frozen=True, slots=True)
class LineageNumbers:
    """Numbers of an objective or a key result that was carried over, as a longer cycle counts it.

    All are fractions from 0 to 1, from the first start of the lineage. `share` is how much of the way lay
    behind when its own cycle began.
    """

    progress: float | None
    share: float
    score_at_end: float | None
    score_floor: float | None
    final_score: float | None
    final_floor: float | None

    @property
    def document(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)

    @classmethod
    def of_document(cls, document: dict[str, Any]) -> "LineageNumbers":
        """Return it from its stored document."""
        return cls(**document)
