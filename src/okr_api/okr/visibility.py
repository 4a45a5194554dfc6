"""Visibility: what an actor may see. `store/hidden_rows.py` has the same rule in SQL and on rows."""

from dataclasses import dataclass
from uuid import UUID

from .objective import Objective


@dataclass(frozen=True, slots=True)
class Visibility:
    """What an actor may see: published objectives with everybody in their audience, and more.

    `drafts`: also what was never published. `restricted`: also every objective that only some may see;
    without it those that have `person_id` in their audience, which is None for a service.
    """

    drafts: bool
    restricted: bool
    person_id: UUID | None

    @property
    def is_everything(self) -> bool:
        """Return whether nothing is hidden, so that no row has to be checked."""
        return self.drafts and self.restricted

    @property
    def sees(self) -> tuple[bool, bool]:
        """Return what decides the text of a statement; the person is a parameter of it."""
        return self.drafts, self.restricted

    def shows(self, objective: Objective) -> bool:
        """Return whether the objective is visible, and with it its key results and check-ins."""
        return (self.drafts or not objective.is_unpublished) and self.includes(objective.viewer_ids)

    def includes(self, viewers: tuple[UUID, ...] | None) -> bool:
        """Return whether an audience includes the actor; None is everybody."""
        return self.restricted or viewers is None or self.person_id in viewers


EVERYTHING = Visibility(drafts=True, restricted=True, person_id=None)
PUBLISHED = Visibility(drafts=False, restricted=True, person_id=None)
