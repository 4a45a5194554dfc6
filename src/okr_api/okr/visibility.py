"""Visibility: what an actor may see. `store/unpublished.py` has the same rule in SQL and on rows."""

from dataclasses import dataclass

from .objective import Objective


@dataclass(frozen=True, slots=True)
class Visibility:
    """What an actor may see: everything that was ever published, and with `drafts` what never was."""

    drafts: bool

    @property
    def is_everything(self) -> bool:
        """Return whether nothing is hidden, so that no row has to be checked."""
        return self.drafts

    def shows(self, objective: Objective) -> bool:
        """Return whether the objective is visible, and with it its key results and check-ins."""
        return self.drafts or not objective.is_unpublished


EVERYTHING = Visibility(drafts=True)
PUBLISHED = Visibility(drafts=False)
