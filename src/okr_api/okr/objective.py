"""An objective: what a team wants to achieve in a cycle, and why."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID


class ObjectiveKind(StrEnum):
    """What is expected: all of it, most of it, or to have learned."""

    COMMITTED = "COMMITTED"
    ASPIRATIONAL = "ASPIRATIONAL"
    LEARNING = "LEARNING"


class ObjectiveState(StrEnum):
    """A draft is its editors' own; paused and dropped ones count nowhere and keep their history."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    PAUSED = "PAUSED"
    DROPPED = "DROPPED"
    CLOSED = "CLOSED"


class ProgressSource(StrEnum):
    """Which parts an objective's progress is the mean of."""

    AUTO = "AUTO"
    KEY_RESULTS = "KEY_RESULTS"
    OBJECTIVES = "OBJECTIVES"
    BOTH = "BOTH"


EXPECTATIONS = {
    ObjectiveKind.COMMITTED: 1.0,
    ObjectiveKind.ASPIRATIONAL: 0.7,
    ObjectiveKind.LEARNING: 1.0,
}
COUNTING = frozenset({ObjectiveState.PUBLISHED, ObjectiveState.CLOSED})
MAX_TITLE_LENGTH = 500
MAX_TEXT_LENGTH = 10_000
MAX_CONTRIBUTORS = 100


@dataclass(frozen=True, slots=True)
class Objective:
    """One accountable owner, any number of contributors, a cycle, perhaps a team.

    `imported_score` is a score published elsewhere, kept beside the computed one. `is_dropped_draft`
    says of a dropped one that it was never published.
    """

    id: UUID
    external_id: str | None
    cycle_id: UUID
    title: str
    description: str | None = None
    kind: ObjectiveKind = ObjectiveKind.COMMITTED
    state: ObjectiveState = ObjectiveState.PUBLISHED
    progress_source: ProgressSource = ProgressSource.AUTO
    owner_id: UUID | None = None
    team_id: UUID | None = None
    contributor_ids: tuple[UUID, ...] = ()
    imported_score: float | None = None
    version: int = 1
    is_dropped_draft: bool = False

    @property
    def counts(self) -> bool:
        """Whether it may be a part of what it contributes to."""
        return self.state in COUNTING

    @property
    def is_unpublished(self) -> bool:
        """Whether it was never published: a draft, or a draft that was dropped."""
        return self.state is ObjectiveState.DRAFT or self.is_dropped_draft

    def restated(self, state: ObjectiveState) -> "Objective":
        """Return its next version, in that state."""
        dropped_draft = self.is_unpublished and state is ObjectiveState.DROPPED
        return replace(self, state=state, is_dropped_draft=dropped_draft, version=self.version + 1)

    @property
    def expectation(self) -> float:
        """The progress that is expected of it at the end: 1.0, or 0.7 where it is aspirational."""
        return EXPECTATIONS[self.kind]
