"""Draft of a check-in: prepared by somebody, or by a service, for a person who publishes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from .author import Author
from .check_in import MAX_NOTE_LENGTH, CheckIn, ReportedStatus
from .entity_fields import Fixed, Fraction, MaxItems, MaxLength
from .measure import MAX_MILESTONE_KEY_LENGTH, MAX_MILESTONES


@dataclass(frozen=True, slots=True)
class CheckInDraft:
    """Draft for a key result or an objective: one of `objective_id` and `key_result_id` is set.

    `assignee_id` is the person who is to publish it. Its author is a person, or a service by its name.
    """

    id: UUID
    external_id: str | None
    assignee_id: UUID
    author_name: Annotated[str, Fixed()]
    author_person_id: Annotated[UUID | None, Fixed()] = None
    objective_id: Annotated[UUID | None, Fixed()] = None
    key_result_id: Annotated[UUID | None, Fixed()] = None
    value: float | None = None
    milestones_done: Annotated[
        tuple[str, ...] | None, MaxItems(MAX_MILESTONES), MaxLength(MAX_MILESTONE_KEY_LENGTH)
    ] = None
    confidence: Annotated[float | None, Fraction()] = None
    status: ReportedStatus | None = None
    note: Annotated[str | None, MaxLength(MAX_NOTE_LENGTH, is_trimmed=False)] = None
    effective_at: datetime | None = None
    version: int = 1
    removed: bool = False

    @property
    def node_id(self) -> UUID:
        """Return the id of the key result or the objective that it is for."""
        found = self.key_result_id or self.objective_id
        assert found is not None, "a draft is for one of them"
        return found

    def is_by(self, author: Author) -> bool:
        """Return whether that person or service has prepared it."""
        if self.author_person_id is not None or author.person_id is not None:
            return self.author_person_id == author.person_id
        return self.author_name == author.name

    def as_check_in(self, at: datetime, definition: int) -> CheckIn:
        """Return it as a check-in at an instant, to validate what it says."""
        return CheckIn(
            id=self.id,
            external_id=None,
            key_result_id=self.key_result_id,
            objective_id=self.objective_id,
            definition=definition,
            effective_at=self.effective_at or at,
            recorded_at=at,
            author=Author(self.author_name, self.author_person_id),
            value=self.value,
            milestones_done=self.milestones_done,
            confidence=self.confidence,
            status=self.status,
            note=self.note,
        )
