"""Visibility: what of an organisation an actor may see, see also `store/unpublished.py`."""

from dataclasses import dataclass

from .objective import Objective


@dataclass(frozen=True, slots=True)
class Visibility:
    """What an actor may see: all that was ever published, and with `drafts` what never was."""

    drafts: bool

    def shows(self, objective: Objective) -> bool:
        """Return whether the objective may be seen, and with it its key results and check-ins."""
        return self.drafts or not objective.is_unpublished


EVERYTHING = Visibility(drafts=True)
