"""Review record: what a team says of an objective at the end of its cycle, and what it decides about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .entity_fields import Fixed, MaxLength
from .numbers import reaches
from .objective import MAX_TEXT_LENGTH, Objective, ObjectiveKind
from .review_errors import RootCauseRequired

Text = Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)]
# A final score below this needs a root cause.
EXPLAINED_BELOW = {ObjectiveKind.COMMITTED: 1.0, ObjectiveKind.ASPIRATIONAL: 0.4}


class ReviewDecision(StrEnum):
    """What is decided about an objective at the end of its cycle."""

    ACHIEVED = "ACHIEVED"
    KEEP = "KEEP"
    MODIFY = "MODIFY"
    DEFER = "DEFER"
    ABANDON = "ABANDON"


class RootCause(StrEnum):
    """Why an objective fell short, as far as one cause explains it."""

    UNCLEAR = "UNCLEAR"
    TOO_AMBITIOUS = "TOO_AMBITIOUS"
    CAPACITY = "CAPACITY"
    PRIORITIES_CHANGED = "PRIORITIES_CHANGED"
    DEPENDENCY = "DEPENDENCY"
    STARTED_LATE = "STARTED_LATE"
    TOOK_LONGER = "TOOK_LONGER"
    WRONG_ASSUMPTION = "WRONG_ASSUMPTION"
    EXTERNAL = "EXTERNAL"
    MEASUREMENT = "MEASUREMENT"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """Review of an objective, one for each; `decision_reason` says why that was decided."""

    id: UUID
    external_id: str | None
    objective_id: Annotated[UUID, Fixed()]
    decision: ReviewDecision
    decision_reason: Annotated[str, MaxLength(MAX_TEXT_LENGTH)]
    went_well: Text = None
    did_not: Text = None
    learned: Text = None
    celebration: Text = None
    root_cause: RootCause | None = None
    version: int = 1
    removed: bool = False

    def checked(self, objective: Objective, final_score: float | None) -> "ReviewRecord":
        """Return the review; `final_score` is what the outcome of the objective follows.

        Raises:
            RootCauseRequired: the objective fell short, and no root cause is given.
        """
        if self.root_cause is None and needs_root_cause(objective.kind, final_score):
            least = EXPLAINED_BELOW[objective.kind]
            message = f"{objective.title!r} is {objective.kind} and below {least}: say what the root cause is"
            raise RootCauseRequired(message, path=["rootCause"])
        return self


def needs_root_cause(kind: ObjectiveKind, final_score: float | None) -> bool:
    """Return whether a review has to name a root cause: a committed objective below 1, another below 0.4.

    A learning objective needs none, and neither does one without a score.
    """
    if final_score is None or kind not in EXPLAINED_BELOW:
        return False
    return not reaches(final_score, EXPLAINED_BELOW[kind])
