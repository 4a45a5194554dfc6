"""Objective: its kind, state and progress source; whether it counts, and what progress is expected."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .cadence import Cadence, EffectiveCadence
from .entity_fields import Derived, Fixed, InFile, MaxItems, MaxLength
from .grade import Grade
from .policy import ObjectiveVisibility


class ObjectiveKind(StrEnum):
    """What is expected of an objective: a full score, 0.7, or lessons."""

    COMMITTED = "COMMITTED"
    ASPIRATIONAL = "ASPIRATIONAL"
    LEARNING = "LEARNING"


class ObjectiveState(StrEnum):
    """Lifecycle of an objective; drafts are for editors only, paused and dropped ones do not count."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    PAUSED = "PAUSED"
    DROPPED = "DROPPED"
    CLOSED = "CLOSED"


class ProgressSource(StrEnum):
    """Which parts the progress of an objective is the mean of."""

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
MAX_PRIORITIES = 20
MAX_SHARED_WITH = 100


@dataclass(frozen=True, slots=True)
class Objective:
    """A goal with one accountable owner, any number of contributors, a cycle, and optionally a team.

    It serves the strategic priorities that it names, or stands alone: then it says why it serves nothing.
    `imported_score` is a score published elsewhere, kept beside the computed one. `is_dropped_draft` marks a
    dropped objective that was never published. `shared_with_ids` are people who see it while it is PRIVATE.
    `replaces_id` is the dropped objective of which it is the successor, `carried_from_id` the one of an
    earlier cycle that goes on in it, and `lineage_id` the first of these, also over many cycles.
    `viewer_ids` are its stored audience, as `okr/audience.py` computes it: None for everybody.
    `effective_cadence` is stored as well: its own cadence, or the one that it inherits from its team or the
    organisation.
    """

    id: UUID
    external_id: str | None
    cycle_id: Annotated[UUID, InFile(after="progress_source")]
    title: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    description: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    kind: Annotated[ObjectiveKind, InFile(keeps_null=True)] = ObjectiveKind.COMMITTED
    state: Annotated[ObjectiveState, Fixed()] = ObjectiveState.PUBLISHED
    progress_source: Annotated[ProgressSource, InFile(keeps_null=True)] = ProgressSource.AUTO
    owner_id: Annotated[UUID | None, InFile(after="team_id")] = None
    team_id: UUID | None = None
    contributor_ids: Annotated[tuple[UUID, ...], MaxItems(MAX_CONTRIBUTORS)] = ()
    priority_ids: Annotated[tuple[UUID, ...], MaxItems(MAX_PRIORITIES)] = ()
    stands_alone_reason: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    visibility: Annotated[ObjectiveVisibility, InFile(keeps_null=True)] = ObjectiveVisibility.ORGANIZATION
    shared_with_ids: Annotated[tuple[UUID, ...], MaxItems(MAX_SHARED_WITH)] = ()
    cadence: Annotated[Cadence | None, InFile(left_out=True)] = None
    imported_score: Annotated[float | None, Fixed(), InFile("published_score")] = None
    version: int = 1
    is_dropped_draft: Annotated[bool, Fixed(), InFile(left_out=True)] = False
    replaces_id: Annotated[UUID | None, Fixed(), InFile(left_out=True)] = None
    grade: Annotated[Grade | None, Fixed(), InFile(left_out=True)] = None
    carried_from_id: Annotated[UUID | None, Fixed(), InFile(left_out=True)] = None
    lineage_id: Annotated[UUID | None, Derived()] = field(default=None, compare=False)
    viewer_ids: Annotated[tuple[UUID, ...] | None, Derived()] = field(default=None, compare=False)
    effective_cadence: Annotated[EffectiveCadence | None, Derived()] = field(default=None, compare=False)

    @property
    def counts(self) -> bool:
        """Return whether it may count in what it contributes to."""
        return self.state in COUNTING

    @property
    def lineage_root(self) -> UUID:
        """Return the first objective of its lineage: itself, unless it was carried over."""
        return self.lineage_id or self.id

    @property
    def is_unpublished(self) -> bool:
        """Return whether it was never published: a draft, or a draft that was dropped."""
        return self.state is ObjectiveState.DRAFT or self.is_dropped_draft

    def restated(self, state: ObjectiveState) -> "Objective":
        """Return the next version, in the given state."""
        dropped_draft = self.is_unpublished and state is ObjectiveState.DROPPED
        return replace(self, state=state, is_dropped_draft=dropped_draft, version=self.version + 1)

    @property
    def expectation(self) -> float:
        """Return the progress expected at the end: 0.7 if aspirational, otherwise 1.0."""
        return EXPECTATIONS[self.kind]
