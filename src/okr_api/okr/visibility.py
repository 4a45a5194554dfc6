"""Visibility: what an actor may see. `store/hidden_rows.py` has the same rule in SQL and on rows."""

from dataclasses import dataclass
from uuid import UUID

from .objective import Objective


@dataclass(frozen=True, slots=True)
class Visibility:
    """What an actor may see: everything that was ever published and is for everybody, and more.

    With `drafts`, what was never published; with `restricted`, every restricted objective, and otherwise
    those whose audience `person_id` is in. It is None for a service, and with `restricted`.
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
        if objective.is_unpublished and not self.drafts:
            return False
        return self.restricted or objective.viewer_ids is None or self.person_id in objective.viewer_ids


EVERYTHING = Visibility(drafts=True, restricted=True, person_id=None)
