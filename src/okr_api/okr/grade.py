"""Grade: what a review says of a score: confirmed, overridden, or not measured; by whom, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from .errors import InvalidInput, ReasonRequired
from .review_errors import NothingToConfirm


class GradeKind(StrEnum):
    """How a score was graded."""

    COMPUTED = "COMPUTED"
    OVERRIDE = "OVERRIDE"
    NOT_MEASURED = "NOT_MEASURED"


@dataclass(frozen=True, slots=True)
class Grade:
    """Grade of a key result or an objective; `computed_score` is what was computed when it was given.

    `score` is set for an override alone, and every kind but COMPUTED has a reason.
    """

    kind: GradeKind
    score: float | None
    computed_score: float | None
    reason: str | None
    at: datetime
    author_name: str
    author_person_id: UUID | None

    def checked(self) -> "Grade":
        """Return the grade.

        Raises:
            InvalidInput: an override lacks a score, or has one outside 0 to 1, or another grade has one.
            ReasonRequired: an override or NOT_MEASURED has no reason.
            NothingToConfirm: there is no computed score to confirm.
        """
        if self.kind is GradeKind.OVERRIDE:
            if self.score is None:
                raise InvalidInput("An override needs a score from 0 to 1", path=["score"])
            if not 0 <= self.score <= 1:
                raise InvalidInput("A score lies between 0 and 1", path=["score"])
        elif self.score is not None:
            raise InvalidInput(f"{self.kind} takes no score; only OVERRIDE does", path=["score"])
        if self.kind is GradeKind.COMPUTED:
            if self.computed_score is None:
                message = "There is no computed score to confirm: give an OVERRIDE or NOT_MEASURED"
                raise NothingToConfirm(message, path=["kind"])
        elif not self.reason:
            raise ReasonRequired(f"{self.kind} needs a reason", path=["reason"])
        return self

    def says_the_same(self, other: "Grade | None") -> bool:
        """Return whether another grade has the same kind, score and reason."""
        if other is None:
            return False
        return (self.kind, self.score, self.reason) == (other.kind, other.score, other.reason)

    @property
    def document(self) -> dict[str, Any]:
        """Return the document that is stored of it."""
        return {
            "kind": str(self.kind),
            "score": self.score,
            "computed_score": self.computed_score,
            "reason": self.reason,
            "at": self.at.isoformat(),
            "author_name": self.author_name,
            "author_person_id": self.author_person_id and str(self.author_person_id),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "Grade":
        """Return the grade of a stored document."""
        person = document["author_person_id"]
        return cls(
            kind=GradeKind(document["kind"]),
            score=document["score"],
            computed_score=document["computed_score"],
            reason=document["reason"],
            at=datetime.fromisoformat(document["at"]),
            author_name=document["author_name"],
            author_person_id=UUID(person) if person else None,
        )
