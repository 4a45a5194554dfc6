"""Visibility: which objectives an actor may see; `store/unpublished.py` has the same rule in SQL."""

from dataclasses import dataclass

from .objective import Objective


@dataclass(frozen=True, slots=True)
class Visibility:
    """What an actor may see: everything that was ever published, and with `drafts` what never was."""

    drafts: bool

    def shows(self, objective: Objective) -> bool:
        """Return whether the objective is visible, and with it its key results and check-ins."""
        return self.drafts or not objective.is_unpublished


EVERYTHING = Visibility(drafts=True)
